using System.Text.Json;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Operator;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Operator;

public sealed class ProviderBooksTests
{
    private static readonly DateOnly Day = new(2026, 11, 22);
    private static readonly DateTimeOffset Noon = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly Model Model = Catalogue.Load().Default;

    [Test]
    public void What_was_made_and_not_stored_is_wasted_and_what_never_answered_is_at_risk()
    {
        var day = Books(
            new Attempt(1, Noon, Noon, "throttled", "429", Calls: 2, Asked: 3, Made: 0, Stored: 0),
            new Attempt(2, Noon, Noon, "invalid_output", "x", Calls: 1, Asked: 3, Made: 3, Stored: 1),
            new Attempt(3, Noon, Noon, "unknown", "x", Calls: 1, Asked: 2, Made: 0, Stored: 0),
            new Attempt(4, Noon, null, "unreported", null, Calls: 0, Asked: 2, Made: 0, Stored: 0),
            new Attempt(5, Noon, Noon, "delivered", null, Calls: 1, Asked: 2, Made: 2, Stored: 2),
            new Attempt(6, Noon, Noon, "not_needed", null, Calls: 0, Asked: 0, Made: 0, Stored: 0)).Single();

        Assert.That((day.Calls, day.ImagesMade, day.ImagesStored, day.ImagesUnknown), Is.EqualTo((5L, 5L, 3L, 4L)));
        Assert.That(
            (day.Usd, day.UsdWasted, day.UsdAtRisk), Is.EqualTo((5 * Model.UsdPerImage, 2 * Model.UsdPerImage, 4 * Model.UsdPerImage)));
        Assert.That(day.Outcomes.Select(outcome => outcome.Outcome), Has.None.EqualTo("not_needed").And.Exactly(5).Items);
    }

    [TestCase(-1, 0)]
    [TestCase(0, 1)]
    [TestCase(23.99, 1)]
    [TestCase(24, 0)]
    public void An_attempt_belongs_to_the_day_on_which_it_began(double hours, int days) =>
        Assert.That(
            Books(Attempt.Begun(1, new DateTimeOffset(Day, TimeOnly.MinValue, TimeSpan.Zero).AddHours(hours), asked: 1)),
            Has.Count.EqualTo(days));

    [Test]
    public async Task The_books_agree_with_the_image_APIs_own()
    {
        await using var app = await App.Start(null, ("ImageApi__QuickRetries", "00:00:10"));
        var account = await app.NewAccount(credits: 1000);
        foreach (var fault in (string[])["", "[[fault:503:2]]", "[[fault:fewer:1]]", "[[fault:url-404:1]]", "[[fault:lost:1]]"])
            await account.Run(new { prompt = $"A cat on a mat {fault}", num = 2 });

        var books = await Provider(app, "");

        var day = books.GetProperty("data").EnumerateArray().Single();
        var charged = app.ImageApi.Stats.CreditsCharged / Model.CreditsPerImage;
        Assert.That(day.GetProperty("calls").GetInt64(), Is.EqualTo(app.ImageApi.Stats.Calls));
        Assert.That(day.GetProperty("images_stored").GetInt64(), Is.EqualTo(10));
        Assert.That(
            (day.GetProperty("images_made").GetInt64(), day.GetProperty("images_unknown").GetInt64()), Is.EqualTo((charged - 2, 2L)),
            "What was lost was charged, too.");
        Assert.That((await Provider(app, "?from=2020-01-01&to=2020-01-31")).GetProperty("data").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task Days_that_cannot_be_are_refused_and_all_others_may_be_asked_for()
    {
        await using var app = await App.Start();
        await app.NewAccount(credits: 1);

        string[] refused = ["from=2026-02-01&to=2026-01-31", "from=2026-01-01&to=2026-02-01", "from=yesterday", "day=2026-01-31"];
        foreach (var query in refused)
            Assert.That((int)(await app.Operator(HttpMethod.Get, $"v1/operator/provider?{query}")).StatusCode, Is.EqualTo(400), query);
        foreach (var query in (string[])["to=0001-01-01", "from=0001-01-01", "from=9999-12-31", "to=9999-12-31"])
            Assert.That((await Provider(app, "?" + query)).GetProperty("data").GetArrayLength(), Is.Zero, query);
    }

    private static IReadOnlyList<ProviderDayView> Books(params Attempt[] history)
    {
        var books = new ProviderBooks(Day, Day);
        books.Add(Model, history);
        return books.Views();
    }

    private static async Task<JsonElement> Provider(App app, string query)
    {
        var answer = await app.Operator(HttpMethod.Get, $"v1/operator/provider{query}");
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), text);
        return JsonDocument.Parse(text).RootElement;
    }
}
