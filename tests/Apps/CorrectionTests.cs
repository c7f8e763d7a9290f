using System.Net;
using System.Text.Json;
using Azure.Data.Tables;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Apps;

/// <summary>What an earlier entry got wrong is mended by one more, never by changing it.</summary>
public sealed class CorrectionTests() : AppTests(credits: 100)
{
    [Test]
    public async Task A_delivered_image_that_was_useless_is_given_back()
    {
        var job = (await account.Run(new { prompt = "A cat on a mat", num = 2 })).GetProperty("id").GetString()!;
        var capture = await EntryOf(job, "capture");
        var correction = new
        {
            credits = 4,
            from = "spent",
            to = "available",
            corrects = capture,
            reason = "The second one was black.",
            reference = "ticket-81",
        };

        var first = await Correct(correction);
        var again = await Correct(correction);

        Assert.That((first.StatusCode, again.StatusCode), Is.EqualTo((HttpStatusCode.Created, HttpStatusCode.OK)));
        Assert.That(again.Headers.GetValues("Idempotent-Replayed"), Is.EqualTo(new[] { "true" }));
        await SubmitTests.IsProblem(
            await Correct(new { credits = 4, from = "spent", to = "available", corrects = 1, reason = "x", reference = "ticket-81" }),
            422, "idempotency_key_reused");
        Assert.That(await account.Credits(), Is.EqualTo((96L, 0L, 4L)));
        var entry = (await account.GetJson("v1/credits/entries?kind=correct")).GetProperty("data")[0];
        var said = ((string[])["amount", "from", "to", "corrects", "reason"]).Select(name => entry.GetProperty(name).ToString());
        Assert.That(said, Is.EqualTo(new[] { "4", "spent", "available", $"{capture}", "The second one was black." }));
    }

    [TestCase("granted", "spent", 5, 100, 5)]
    [TestCase("granted", "available", 5, 105, 0)]
    [TestCase("available", "spent", 100, 0, 100)]
    [TestCase("available", "granted", 100, 0, 0)]
    public async Task Credits_go_from_where_they_are_to_where_they_should_be(
        string from, string to, long credits, long available, long spent)
    {
        var answer = await Correct(new { credits, from, to, corrects = 1, reason = "x", reference = "x" });

        Assert.That((int)answer.StatusCode, Is.EqualTo(201), await answer.Content.ReadAsStringAsync());
        Assert.That(await account.Credits(), Is.EqualTo((available, 0L, spent)));
    }

    [TestCase("""{"credits":1,"from":"spent","to":"spent","corrects":1,"reason":"x","reference":"x"}""", "/to")]
    [TestCase("""{"credits":1,"from":"available","to":"held","corrects":1,"reason":"x","reference":"x"}""", "/to")]
    [TestCase("""{"credits":1,"from":"available","to":"granted","corrects":2,"reason":"x","reference":"x"}""", "/corrects")]
    [TestCase("""{"credits":1,"from":"available","to":"granted","corrects":0,"reason":"x","reference":"x"}""", "/corrects")]
    [TestCase("""{"credits":101,"from":"available","to":"granted","corrects":1,"reason":"x","reference":"x"}""", "/credits")]
    [TestCase("""{"credits":1,"from":"spent","to":"available","corrects":1,"reason":"x","reference":"x"}""", "/credits")]
    [TestCase("""{"credits":1,"from":"held","to":"available","corrects":1,"reason":"x","reference":"x"}""", "/corrects")]
    [TestCase("""{"credits":1,"to":"available","corrects":1,"reason":"x","reference":"x"}""", "/from")]
    [TestCase("""{"credits":1,"from":"spent","to":"available","corrects":1,"reference":"x"}""", "/reason")]
    public async Task A_wrong_correction_is_refused_by_its_field_and_changes_nothing(string body, string pointer)
    {
        await SubmitTests.IsProblem(await Correct(JsonElement.Parse(body)), 400, "invalid_request", pointer);

        Assert.That((await account.GetJson("v1/credits")).GetProperty("version").GetInt64(), Is.EqualTo(1));
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
    }

    [Test]
    public async Task What_an_open_job_holds_is_its_own()
    {
        var job = await HoldTwoCats();

        var answer = await Correct(
            new { credits = 8, from = "held", to = "available", corrects = await EntryOf(job, "hold"), reason = "x", reference = "x" });

        await SubmitTests.IsProblem(answer, 400, "invalid_request", "/corrects");
        Assert.That(await account.Credits(), Is.EqualTo((92L, 8L, 0L)));
    }

    [TestCase(8)]
    [TestCase(4, 4)]
    [TestCase(1, 2, 5)]
    public async Task What_is_held_for_a_job_that_is_not_there_is_freed(params int[] parts)
    {
        await HoldTwoCats();
        var job = await HoldTwoCats();
        var hold = await EntryOf(job, "hold");
        await Ledger.DeleteEntityAsync(account.Id, JobId.TryParse(job, out var id) ? id.RowKey : "");
        Assert.That(await FailedChecks(), Is.EqualTo(new[] { "open_jobs", "entries_claimed" }));
        await SubmitTests.IsProblem(await Free(hold, 9, "too-many"), 400, "invalid_request", "/credits");

        for (var part = 0; part < parts.Length; part++)
        {
            Assert.That((int)(await Free(hold, parts[part], $"part-{part}")).StatusCode, Is.EqualTo(201));
            Assert.That((int)(await Free(hold, parts[part], $"part-{part}")).StatusCode, Is.EqualTo(200), "the same again");
        }

        Assert.That(await FailedChecks(), Is.Empty);
        Assert.That(await account.Credits(), Is.EqualTo((92L, 8L, 0L)), "another job still holds its own");
        Assert.That((await account.GetJson("v1/credits")).GetProperty("open_jobs").GetInt64(), Is.EqualTo(1));
        await SubmitTests.IsProblem(await Free(hold, 1, "once-more"), 400, "invalid_request", "/corrects");
    }

    private TableClient Ledger => new TableServiceClient(app.Storage).GetTableClient(StorageNames.LedgerTable);

    private Task<string> HoldTwoCats() =>
        account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default, Num = 2 });

    private Task<HttpResponseMessage> Correct(object correction) =>
        app.Operator(HttpMethod.Post, $"v1/operator/accounts/{account.Id}/corrections", correction);

    private Task<HttpResponseMessage> Free(long hold, int credits, string reference) =>
        Correct(new { credits, from = "held", to = "available", corrects = hold, reason = "Its job is lost.", reference });

    private async Task<long> EntryOf(string job, string kind) =>
        (await account.GetJson($"v1/credits/entries?reference={job}&kind={kind}"))
            .GetProperty("data").EnumerateArray().Single().GetProperty("version").GetInt64();

    private async Task<List<string?>> FailedChecks()
    {
        var found = await account.GetJson("v1/credits/verify");
        List<string?> failed =
        [
            .. found.GetProperty("checks").EnumerateArray()
                .Where(check => !check.GetProperty("ok").GetBoolean()).Select(check => check.GetProperty("name").GetString()),
        ];
        Assert.That(found.GetProperty("ok").GetBoolean(), Is.EqualTo(failed.Count == 0));
        return failed;
    }
}
