using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Local.ImageApi;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class StatsTests
{
    private Caller caller = null!;

    [SetUp]
    public async Task Start() => caller = await Caller.Start();

    [TearDown]
    public async Task Stop() => await caller.DisposeAsync();

    [TestCase(Caller.Model512, 12)]
    [TestCase(Caller.Model1K, 12)]
    [TestCase(Caller.Model2K, 18)]
    [TestCase(Caller.Model4K, 24)]
    public async Task Three_images_charge_three_times_the_price_of_their_model(string model, int credits)
    {
        await caller.Generate("a fox", model, num: 3);

        Assert.That((caller.Api.Stats.Images, caller.Api.Stats.CreditsCharged), Is.EqualTo((3, credits)));
    }

    [Test]
    public async Task Every_call_is_counted_by_how_it_was_answered()
    {
        await caller.Generate("a fox");
        await caller.Generate("a fox");
        await caller.Generate("a fox", num: 10);
        await caller.Generate("a fox [[fault:503]]");

        var stats = await caller.Control("control/stats");

        Assert.That(stats.GetRawText(), Is.EqualTo(
            """{"calls":4,"images":2,"credits_charged":8,"by_status":{"200":2,"400":1,"503":1}"""
            + ""","in_flight":0,"in_flight_max":1,"downloads":0,"references":[]}"""));
    }

    [Test]
    public async Task Calls_at_the_same_time_are_seen_in_flight_and_none_is_lost()
    {
        var calls = Enumerable.Range(0, 40).Select(call => caller.Generate($"fox {call} [[slow:0.5]]", num: 2)).ToList();
        await FaultTests.Until(() => caller.Api.Stats.InFlight > 10);
        await Task.WhenAll(calls);

        var stats = caller.Api.Stats;
        Assert.That((stats.Calls, stats.Images, stats.CreditsCharged, stats.InFlight), Is.EqualTo((40, 80, 320, 0)));
        Assert.That(stats.InFlightMax, Is.InRange(11, 40));
    }

    [Test]
    public async Task Calls_of_one_prompt_are_told_from_those_of_another()
    {
        var foxes = Enumerable.Range(0, 3).Select(_ => caller.Generate("a fox [[slow:0.5]]", num: 2)).ToList();
        await FaultTests.Until(() => caller.Api.StatsOf("a fox [[slow:0.5]]").InFlightMax == 3);
        for (var call = 0; call < 2; call++) await caller.Generate("an owl");
        await caller.Generate("an owl", num: 10);
        await Task.WhenAll(foxes);

        Assert.That(caller.Api.StatsOf("a fox [[slow:0.5]]"), Is.EqualTo(new PromptStats(Calls: 3, Images: 6, InFlightMax: 3)));
        Assert.That(caller.Api.StatsOf("an owl"), Is.EqualTo(new PromptStats(Calls: 2, Images: 2, InFlightMax: 1)));
        Assert.That(caller.Api.StatsOf("a bear"), Is.EqualTo(new PromptStats(0, 0, 0)));
    }

    [Test]
    public async Task A_caller_that_leaves_while_its_images_are_made_is_charged_all_the_same()
    {
        await using var slow = await Caller.Start(Caller.Fast with { Latency = 1 });
        using var patience = new CancellationTokenSource();
        var call = slow.Http.PostAsync("v1/images/generate", Fox(), patience.Token);
        await FaultTests.Until(() => slow.Api.Stats.InFlight == 1);
        await Task.Delay(200);

        await patience.CancelAsync();

        Assert.That(async () => await call, Throws.InstanceOf<OperationCanceledException>());
        await FaultTests.Until(() => slow.Api.Stats.InFlight == 0);
        Assert.That(slow.Api.Stats.CreditsCharged, Is.EqualTo(4));
        Assert.That(slow.Api.Stats.ByStatus, Is.EqualTo(new Dictionary<string, long> { ["none"] = 1 }));
    }

    [Test]
    public async Task A_reset_forgets_counts_and_faults_but_not_the_images()
    {
        var url = (await caller.Generate("a fox [[fault:fewer:1]]", num: 2)).Urls.Single();
        await caller.Control("control/faults", new { name = "500", rate = 1 });

        var stats = await caller.Control("control/reset", new { });

        Assert.That(stats.GetProperty("calls").GetInt32(), Is.Zero);
        Assert.That((await caller.Generate("a fox [[fault:fewer:1]]", num: 2)).Urls, Has.Count.EqualTo(1), "its first call again");
        Assert.That(caller.Api.Stats.Calls, Is.EqualTo(1));
        PngCheck.Read(await caller.Http.GetByteArrayAsync(url));
    }

    [Test]
    public async Task A_rate_of_one_befalls_every_call_and_zero_removes_it()
    {
        await caller.Control("control/faults", new { name = "500", rate = 1 });
        Assert.That((await caller.Generate("a fox")).Status, Is.EqualTo(HttpStatusCode.InternalServerError));

        var rates = await caller.Control("control/faults", new { name = "500", rate = 0 });

        Assert.That(rates.GetRawText(), Is.EqualTo("""{"faults":{}}"""));
        Assert.That((await caller.Generate("a fox")).Status, Is.EqualTo(HttpStatusCode.OK));
    }

    [Test]
    public async Task The_same_load_meets_the_same_faults_in_any_order()
    {
        await using var other = await Caller.Start();
        var prompts = Enumerable.Range(0, 100).Select(number => $"fox {number}").ToList();

        var forwards = await Failing(caller, prompts);
        var backwards = await Failing(other, Enumerable.Reverse(prompts));

        Assert.That(forwards, Has.Count.InRange(15, 45));
        Assert.That(forwards, Is.EquivalentTo(backwards));
    }

    [TestCase("""{"name":"501","rate":1}""", "There is no fault '501'")]
    [TestCase("""{"name":"500"}""", "rate is required")]
    [TestCase("""{"name":"500","rate":1.1}""", "rate must be a number from 0 to 1")]
    [TestCase("""{"name":"500","rate":"1"}""", "rate must be a number from 0 to 1")]
    [TestCase("""{"rate":1}""", "name is required")]
    [TestCase("""{"name":"500","rate":1,"count":2}""", "unknown field 'count'")]
    [TestCase("[]", "must be a JSON object")]
    [TestCase("", "not JSON")]
    public async Task Control_input_that_is_wrong_is_400_with_its_name(string body, string message)
    {
        using var response = await caller.Http.PostAsync("control/faults", new StringContent(body));

        var reply = await response.Content.ReadAsStringAsync();
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(JsonDocument.Parse(reply).RootElement.GetProperty("message").GetString(), Does.Contain(message));
    }

    [Test]
    public void A_fault_of_another_name_or_rate_is_refused_in_process_too()
    {
        Assert.That(() => caller.Api.SetFault("501", 1), Throws.ArgumentException);
        Assert.That(() => caller.Api.SetFault("500", 2), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => caller.Api.SetFault("500", 0.5), Throws.Nothing);
    }

    private static async Task<List<string>> Failing(Caller caller, IEnumerable<string> prompts)
    {
        caller.Api.SetFault("503", 0.3);
        var failing = new List<string>();
        foreach (var prompt in prompts)
        {
            if ((await caller.Generate(prompt)).Status != HttpStatusCode.OK) failing.Add(prompt);
        }

        return failing;
    }

    private static JsonContent Fox() => JsonContent.Create(new { prompt = "a fox", model = Caller.Model512 });
}
