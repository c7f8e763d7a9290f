using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>Answers that are held until there is something to tell, and answers that say that there is nothing.</summary>
public sealed class WaitTests
{
    private const string Slow = "A cat on a mat [[slow:4]]";

    private App app = null!;
    private Account account = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        app = await App.Start(null, ("Http__PublicUrl", "https://images.example/pipeline/"));
        account = await app.NewAccount(credits: 1000);
    }

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task A_POST_that_waits_is_answered_with_the_finished_job_and_its_pictures()
    {
        var answer = await Post("A cat on a mat", "respond-async, wait=30");
        var job = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Multiple(() =>
        {
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            Assert.That(answer.Headers.GetValues("Preference-Applied"), Is.EqualTo(new[] { "wait=30" }));
            Assert.That(answer.Headers.RetryAfter, Is.Null);
            Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
            Assert.That(job.GetProperty("images")[0].GetProperty("url").GetString(), Does.Contain("sig="));
        });
    }

    [Test]
    public async Task A_POST_whose_time_is_over_is_answered_with_the_open_job_and_where_to_look()
    {
        var watch = Stopwatch.StartNew();
        var answer = await Post(Slow, "wait=1");
        var job = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.Multiple(() =>
        {
            Assert.That(watch.Elapsed, Is.AtLeast(TimeSpan.FromSeconds(0.95)));
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
            Assert.That(answer.Headers.GetValues("Preference-Applied"), Is.EqualTo(new[] { "wait=1" }));
            Assert.That(answer.Headers.RetryAfter?.Delta, Is.GreaterThanOrEqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("running"));
        });
    }

    [Test]
    public async Task Where_to_look_begins_with_the_public_URL()
    {
        var answer = await Post("A cat on a mat", "respond-async");
        var id = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();

        Assert.That(answer.Headers.Location?.AbsoluteUri, Is.EqualTo($"https://images.example/pipeline/v1/jobs/{id}"));
        Assert.That(answer.Headers.GetValues("Operation-Location").Single(), Is.EqualTo(answer.Headers.Location?.AbsoluteUri));
        Assert.That(answer.Headers.Contains("Preference-Applied"), Is.False);
    }

    [Test]
    public async Task A_GET_that_waits_is_answered_when_the_job_is_finished_or_its_time_is_over()
    {
        var id = await account.Submit(new { prompt = Slow });

        var early = await account.GetJson($"v1/jobs/{id}?wait=1");
        var late = await account.GetJson($"v1/jobs/{id}?wait=30");

        Assert.That(early.GetProperty("finished_at").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(late.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task A_host_that_stops_answers_those_who_wait()
    {
        await using var host = await App.Start();
        var caller = await host.NewAccount(credits: 100);
        var id = await caller.Submit(new { prompt = Slow });
        var post = caller.PostWith(null, "v1/jobs", new { prompt = Slow }, ("Prefer", "wait=60"));
        var get = caller.Get($"v1/jobs/{id}?wait=60");
        await Account.Until(() => Task.FromResult(host.ImageApi.Stats.InFlight), calls => calls == 2);

        await host.Process.Stop();

        Assert.That((await post).StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That((await get).StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That((await (await get).Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString(), Is.EqualTo(id));
    }

    [Test]
    public async Task A_caller_that_has_the_job_is_told_that_nothing_changed()
    {
        var id = (await account.Run(new { prompt = "A cat on a mat" })).GetProperty("id").GetString();
        var first = await account.Get($"v1/jobs/{id}");

        var again = await GetUnless(id, first.Headers.ETag!.ToString());
        var other = await GetUnless(id, "W/\"other\"");

        Assert.Multiple(() =>
        {
            Assert.That(first.Headers.ETag.IsWeak, Is.True);
            Assert.That(first.Headers.CacheControl?.ToString(), Is.EqualTo("no-cache, private"));
            Assert.That(again.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
            Assert.That(again.Headers.ETag, Is.EqualTo(first.Headers.ETag));
            Assert.That(again.Headers.CacheControl, Is.EqualTo(first.Headers.CacheControl));
            Assert.That(other.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        });
        Assert.That(await again.Content.ReadAsByteArrayAsync(), Is.Empty);
    }

    [Test]
    public async Task A_caller_that_waits_for_a_change_hears_of_each()
    {
        var id = await account.Submit(new { prompt = Slow });
        var seen = new List<string>();
        string? tag = null;
        for (var status = ""; status != "succeeded";)
        {
            var answer = await GetUnless(id, tag ?? "\"none\"", "?wait=30");
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
            tag = answer.Headers.ETag!.ToString();
            status = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("status").GetString()!;
            seen.Add(status);
        }

        Assert.That(seen, Does.Contain("running"));
        Assert.That(seen, Has.Count.LessThan(10), "each answer is a change that is shown: claimed, ended");
        Assert.That((await GetUnless(id, tag!, "?wait=30")).StatusCode, Is.EqualTo(HttpStatusCode.NotModified), "it never changes again");
    }

    [Test]
    public async Task A_caller_that_waits_for_a_change_is_told_when_there_was_none()
    {
        var id = await account.Submit(new { prompt = Slow });
        var running = await Account.Until(() => account.Get($"v1/jobs/{id}"), IsRunning);
        var watch = Stopwatch.StartNew();

        var answer = await GetUnless(id, running.Headers.ETag!.ToString(), "?wait=1");

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.NotModified));
        Assert.That(answer.Headers.RetryAfter, Is.Not.Null);
        Assert.That(watch.Elapsed, Is.GreaterThan(TimeSpan.FromSeconds(0.95)));

        static bool IsRunning(HttpResponseMessage answer) =>
            answer.Content.ReadFromJsonAsync<JsonElement>().Result.GetProperty("status").GetString() == "running";
    }

    private Task<HttpResponseMessage> Post(string prompt, string prefer) =>
        account.PostWith(null, "v1/jobs", new { prompt }, ("Prefer", prefer));

    private Task<HttpResponseMessage> GetUnless(string? id, string tag, string query = "") => app.Send(
        new HttpRequestMessage(HttpMethod.Get, $"v1/jobs/{id}{query}") { Headers = { { "If-None-Match", tag } } }, account.ApiKey);
}
