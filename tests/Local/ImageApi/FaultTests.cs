using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using Local.ImageApi;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class FaultTests
{
    private Caller caller = null!;

    [SetUp]
    public async Task Start() => caller = await Caller.Start();

    [TearDown]
    public async Task Stop() => await caller.DisposeAsync();

    [TestCase("400")]
    [TestCase("401")]
    [TestCase("429")]
    [TestCase("500")]
    [TestCase("502")]
    [TestCase("503")]
    [TestCase("504")]
    public async Task A_status_is_answered_in_the_shape_of_the_API_and_charges_nothing(string status)
    {
        using var response = await Call($"a fox [[fault:{status}]]");

        Assert.That((int)response.StatusCode, Is.EqualTo(int.Parse(status, CultureInfo.InvariantCulture)));
        Assert.That((await Caller.Reply.Read(response)).Code, Is.EqualTo((int)response.StatusCode));
        Assert.That(response.Headers.RetryAfter, Is.Null);
        Assert.That(caller.Api.Stats.CreditsCharged, Is.Zero);
        Assert.That(caller.Api.Stats.ByStatus, Is.EqualTo(new Dictionary<string, long> { [status] = 1 }));
    }

    [Test]
    public async Task A_429_can_say_how_many_seconds_to_wait()
    {
        using var response = await Call("a fox [[fault:429-after-2]]");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(response.Headers.RetryAfter!.Delta, Is.EqualTo(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public async Task A_429_can_say_until_when_to_wait()
    {
        var asked = DateTimeOffset.UtcNow;

        using var response = await Call("a fox [[fault:429-date]]");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.TooManyRequests));
        Assert.That(response.Headers.RetryAfter!.Date, Is.InRange(asked.AddSeconds(2), asked.AddSeconds(20)));
    }

    [TestCase("code", 1001, "Generation failed")]
    [TestCase("safety", 2001, "The request was blocked by the safety filter (IMAGE_SAFETY)")]
    public async Task An_error_may_hide_under_200(string fault, int code, string message)
    {
        var reply = await caller.Generate($"a fox [[fault:{fault}]]");

        Assert.That((reply.Status, reply.Code, reply.Message), Is.EqualTo((HttpStatusCode.OK, code, message)));
        Assert.That(caller.Api.Stats.CreditsCharged, Is.Zero);
    }

    [Test]
    public async Task Html_comes_instead_of_JSON()
    {
        using var response = await Call("a fox [[fault:html]]");

        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
        Assert.That(await response.Content.ReadAsStringAsync(), Does.StartWith("<!DOCTYPE html>"));
    }

    [Test]
    public async Task An_empty_answer_is_a_success_without_an_image()
    {
        var reply = await caller.Generate("a fox [[fault:empty]]", num: 3);

        Assert.That((reply.Status, reply.Code, reply.Urls.Count), Is.EqualTo((HttpStatusCode.OK, 0, 0)));
        Assert.That(caller.Api.Stats.Images, Is.Zero);
    }

    [TestCase(9, 8)]
    [TestCase(2, 1)]
    [TestCase(1, 0)]
    public async Task Fewer_is_one_image_less_and_charges_what_was_made(int asked, int made)
    {
        var reply = await caller.Generate("a fox [[fault:fewer]]", num: asked);

        Assert.That((reply.Code, reply.Urls.Count), Is.EqualTo((0, made)));
        Assert.That(caller.Api.Stats.CreditsCharged, Is.EqualTo(4 * made));
    }

    [TestCase(Caller.Model512)]
    [TestCase(Caller.Model4K)]
    public async Task A_wrong_size_is_1K_at_the_price_of_what_was_asked_for(string model)
    {
        var picture = PngCheck.Read(await caller.Draw("a fox [[fault:wrong-size]]", model, "16:9"));

        Assert.That((picture.Width, picture.Height), Is.EqualTo((1376, 768)));
        Assert.That(caller.Api.Stats.CreditsCharged, Is.EqualTo(model == Caller.Model4K ? 8 : 4));
    }

    [Test]
    public async Task A_call_hangs_until_its_caller_leaves()
    {
        using var patience = new CancellationTokenSource();
        var call = caller.Http.PostAsync("v1/images/generate", Body("a fox [[fault:hang]]"), patience.Token);
        await Until(() => caller.Api.Stats.InFlight == 1);
        await Task.Delay(100);
        Assert.That(call.IsCompleted, Is.False);

        await patience.CancelAsync();

        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
        await Until(() => caller.Api.Stats.InFlight == 0);
        Assert.That(caller.Api.Stats.ByStatus, Is.EqualTo(new Dictionary<string, long> { ["none"] = 1 }));
    }

    [Test]
    public async Task A_simulator_stops_also_while_a_call_hangs()
    {
        var api = await Simulator.Start(Caller.Fast, CancellationToken.None);
        using var http = new HttpClient { BaseAddress = api.Url };
        http.DefaultRequestHeaders.Authorization = new("Bearer", SimulatorOptions.DefaultKey);
        var call = http.PostAsync("v1/images/generate", Body("a fox [[fault:hang]]"));
        await Until(() => api.Stats.InFlight == 1);

        await api.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(5));

        Assert.That(async () => await call, Throws.InstanceOf<HttpRequestException>());
    }

    [Test]
    public async Task A_reset_breaks_the_connection_in_the_middle_of_the_answer()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/images/generate") { Content = Body("a fox [[fault:reset]]") };

        using var response = await caller.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(async () => await response.Content.ReadAsByteArrayAsync(), Throws.InstanceOf<HttpRequestException>());
        Assert.That(caller.Api.Stats.CreditsCharged, Is.Zero);
    }

    [Test]
    public void A_lost_answer_was_made_and_charged_and_never_comes()
    {
        Assert.That(async () => await Call("a fox [[fault:lost]]"), Throws.InstanceOf<HttpRequestException>());

        var stats = caller.Api.Stats;
        Assert.That((stats.Calls, stats.Images, stats.CreditsCharged), Is.EqualTo((1, 1, 4)));
        Assert.That(stats.ByStatus, Is.EqualTo(new Dictionary<string, long> { ["none"] = 1 }));
    }

    [Test]
    public async Task A_fault_with_a_number_befalls_the_first_calls_of_that_prompt_only()
    {
        const string prompt = "a fox [[fault:500:1]] [[fault:429:2]]";
        var statuses = new List<int>();
        for (var call = 0; call < 3; call++) statuses.Add((int)(await caller.Generate(prompt)).Status);

        Assert.That(statuses, Is.EqualTo((int[])[500, 429, 200]));
        Assert.That((int)(await caller.Generate(prompt + "!")).Status, Is.EqualTo(500), "another prompt has calls of its own");
        Assert.That(caller.Api.CallsOf(prompt), Is.EqualTo(3));
    }

    [Test]
    public async Task Faults_that_can_go_together_do()
    {
        var reply = await caller.Generate("a fox [[fault:fewer]] [[fault:wrong-size]] [[fault:url-html:1]]", num: 3);

        Assert.That(reply.Urls, Has.Count.EqualTo(2));
        Assert.That(await caller.Http.GetStringAsync(reply.Urls[0]), Does.StartWith("<!DOCTYPE html>"));
    }

    [Test]
    public async Task A_header_asks_for_faults_too()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/images/generate") { Content = Body("a fox") };
        request.Headers.Add("x-sim-fault", "503");

        using var response = await caller.Http.SendAsync(request);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.ServiceUnavailable));
    }

    [Test]
    public async Task Tags_are_not_drawn()
    {
        Assert.That(await caller.Draw("a [[fault:500:0]] fox [[slow:0.01]]"), Is.EqualTo(await caller.Draw("a fox")));
    }

    [TestCase("[[fault:501]]", "There is no fault '501'; there are: 401, 429, ")]
    [TestCase("[[fault:500:x]]", "There is no fault '500:x'")]
    [TestCase("[[fault:500:1:2]]", "There is no fault '500:1:2'")]
    [TestCase("[[slow:soon]]", "seconds must be a number from 0 to 3600")]
    [TestCase("[[slow:99999]]", "seconds must be a number from 0 to 3600")]
    public async Task A_tag_that_means_nothing_is_400(string tag, string message)
    {
        var reply = await caller.Generate($"a fox {tag}");

        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(reply.Message, Does.Contain(tag).And.Contain(message));
    }

    [Test]
    public async Task Other_brackets_are_part_of_the_prompt()
    {
        Assert.That((await caller.Generate("a [[wild:card]]")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    internal static async Task Until(Func<bool> condition)
    {
        for (var tries = 0; tries < 500 && !condition(); tries++) await Task.Delay(10);
        Assert.That(condition(), Is.True, "within 5 seconds");
    }

    private Task<HttpResponseMessage> Call(string prompt) => caller.Http.PostAsync("v1/images/generate", Body(prompt));

    private static JsonContent Body(string prompt) => JsonContent.Create(new { prompt, model = Caller.Model512 });
}
