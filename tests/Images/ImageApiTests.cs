using System.Globalization;
using Azure.Storage.Blobs;
using Local.ImageApi;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Tests.Images;

/// <summary>The client of the image API before its simulator: what it repeats, when it stops calling, and when it gives up.</summary>
public sealed class ImageApiTests
{
    private Simulator simulator = null!;
    private ImageApiTurns turns = null!;
    private ImageApi api = null!;

    [SetUp]
    public async Task Start()
    {
        simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, default);
        Client(TimeSpan.FromSeconds(10));
    }

    [TearDown]
    public async Task Stop()
    {
        turns.Dispose();
        await simulator.DisposeAsync();
    }

    [TestCase("503:2", "delivered", 3)]
    [TestCase("500:1", "delivered", 2)]
    [TestCase("html:1", "delivered", 2)]
    [TestCase("code:1", "delivered", 2)]
    [TestCase("429:1", "delivered", 2)]
    [TestCase("429-after-2:1", "delivered", 2)]
    [TestCase("429-date:1", "delivered", 2)]
    [TestCase("lost:1", "unknown", 1)]
    [TestCase("reset:1", "unknown", 1)]
    [TestCase("empty:1", "no_image", 1)]
    [TestCase("fewer:1", "delivered_in_part", 1)]
    [TestCase("safety:1", "content_rejected", 1)]
    [TestCase("400:1", "request_rejected", 1)]
    [TestCase("401:1", "key_refused", 1)]
    public async Task Only_what_made_nothing_is_repeated_at_once(string fault, string outcome, int calls)
    {
        var prompt = $"A cat [[fault:{fault}]]";

        var answer = await Generate(prompt);

        Assert.That((answer.Outcome.Name, answer.Calls), Is.EqualTo((outcome, calls)));
        Assert.That(simulator.CallsOf(prompt), Is.EqualTo(calls));
    }

    [Test]
    public async Task What_takes_longer_is_left_to_the_queue()
    {
        Client(TimeSpan.FromSeconds(1));

        var answer = await Generate("A cat [[fault:429-after-2]]");

        Assert.That(answer.Calls, Is.EqualTo(1));
        Assert.That(((ImageApiOutcome.Throttled)answer.Outcome).RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(2)));
    }

    [Test]
    public async Task Retries_at_once_can_be_switched_off()
    {
        Client(TimeSpan.Zero);

        Assert.That((await Generate("A cat [[fault:503:1]]")).Calls, Is.EqualTo(1));
    }

    [Test]
    public async Task An_answer_that_does_not_come_in_the_tiers_time_is_an_unknown_outcome()
    {
        Client(TimeSpan.FromSeconds(10), timeoutScale: 0.01);

        var answer = await Generate("A cat [[fault:hang]]");

        Assert.That(answer, Is.EqualTo(new ImageApiAnswer(new ImageApiOutcome.Unknown("No answer within 1 s."), Calls: 1)));
    }

    [Test]
    public async Task An_API_that_asks_to_be_left_alone_is_left_alone_by_all()
    {
        Client(TimeSpan.Zero);

        await Generate("A cat [[fault:429-after-2]]");

        Assert.That(await turns.Take(isLarge: false, isBulk: false, default), Is.TypeOf<TurnOutcome.Later>());
    }

    [Test]
    public async Task An_API_that_fails_too_often_is_left_alone_and_then_one_call_tries_it()
    {
        var time = new MovedTime();
        Client(TimeSpan.Zero, time: time);
        for (var n = 0; n < 5; n++) await Generate($"Cat number {n} [[fault:503]]");
        var before = simulator.Stats.Calls;

        var refused = await turns.Take(isLarge: false, isBulk: false, default);
        var called = await Generate("A cat whose worker had its turn already");
        time.Move(TimeSpan.FromSeconds(1.5));
        var probe = (TurnOutcome.Granted)await turns.Take(isLarge: false, isBulk: false, default);
        var other = await turns.Take(isLarge: false, isBulk: false, default);
        var answer = await Generate("The cat that goes ahead");
        probe.Turn.Dispose();
        var after = await turns.Take(isLarge: false, isBulk: false, default);

        Assert.That(refused, Is.TypeOf<TurnOutcome.Later>());
        Assert.That((called.Outcome.Name, called.Calls), Is.EqualTo(("left_alone", 0)));
        Assert.That(other, Is.TypeOf<TurnOutcome.Later>(), "One goes ahead, the others wait.");
        Assert.That(answer.Outcome.Name, Is.EqualTo("delivered"));
        Assert.That(after, Is.TypeOf<TurnOutcome.Granted>());
        Assert.That(simulator.Stats.Calls - before, Is.EqualTo(1));
    }

    [Test]
    public async Task A_turn_to_try_it_that_is_disposed_twice_does_not_end_the_next_one()
    {
        var time = new MovedTime();
        Client(TimeSpan.Zero, time: time);
        for (var n = 0; n < 5; n++) await Generate($"Cat number {n} [[fault:503]]");
        time.Move(TimeSpan.FromSeconds(1.5));
        var first = ((TurnOutcome.Granted)await turns.Take(isLarge: false, isBulk: false, default)).Turn;
        first.Dispose();
        using var second = ((TurnOutcome.Granted)await turns.Take(isLarge: false, isBulk: false, default)).Turn;

        first.Dispose();

        Assert.That(await turns.Take(isLarge: false, isBulk: false, default), Is.TypeOf<TurnOutcome.Later>(), "The second is under way.");
    }

    [Test]
    public async Task Each_try_that_fails_after_a_break_makes_the_next_one_twice_as_long_up_to_five_minutes()
    {
        var time = new MovedTime();
        Client(TimeSpan.Zero, time: time);
        for (var n = 0; n < 5; n++) await Generate($"Cat number {n} [[fault:503]]");

        var breaks = new List<int>();
        for (var n = 0; n < 11; n++) breaks.Add(await SecondsUntilOneIsCalled());

        Assert.That(breaks, Is.EqualTo(new[] { 1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300 }));

        async Task<int> SecondsUntilOneIsCalled()
        {
            var seconds = 0;
            ImageApiAnswer answer;
            do
            {
                time.Move(TimeSpan.FromSeconds(1));
                seconds++;
                answer = await Generate("The cat that goes ahead [[fault:503]]");
            }
            while (answer.Calls == 0);
            return seconds;
        }
    }

    [Test]
    public async Task What_is_repeated_at_once_counts_as_a_call_of_the_minute()
    {
        Client(TimeSpan.FromSeconds(10), callsPerMinute: 10);

        // One call is within the rate, the next after 6 s; the first was counted by its turn.
        var answer = await Generate("A cat [[fault:503:2]]");

        Assert.That((answer.Outcome.Name, answer.Calls), Is.EqualTo(("unavailable", 2)));
    }

    [TestCase("429", 1)]
    [TestCase("503", 1)]
    [TestCase("lost", 1)]
    [TestCase("hang", 0.01)]
    public async Task It_is_left_alone_after_five_calls_that_made_nothing_or_were_not_answered(string fault, double timeoutScale)
    {
        Client(TimeSpan.Zero, timeoutScale);
        for (var n = 0; n < 4; n++) await Generate($"Cat number {n} [[fault:{fault}]]");
        using var before = (await turns.Take(isLarge: false, isBulk: false, default) as TurnOutcome.Granted)?.Turn;

        await Generate($"The fifth cat [[fault:{fault}]]");

        Assert.That(before, Is.Not.Null);
        Assert.That(await turns.Take(isLarge: false, isBulk: false, default), Is.TypeOf<TurnOutcome.Later>());
    }

    [TestCase("512", 0.6)]
    [TestCase("4K", 3)]
    public async Task Each_tier_has_a_time_limit_of_its_own(string tier, double seconds)
    {
        Client(TimeSpan.Zero, timeoutScale: 0.01);
        var model = Pipeline.Images.Catalogue.Load().Models.Single(model => model.Tier == tier);

        var answer = await api.Generate(new ImageRequest("A cat [[fault:hang]]", model, 1, "1:1"), default);

        Assert.That(answer.Outcome.Detail, Is.EqualTo($"No answer within {seconds:0} s."));
    }

    [Test]
    public async Task A_refused_key_stops_all_calls_after_the_second_time_and_then_one_call_tries_it()
    {
        var time = new MovedTime();
        Client(TimeSpan.Zero, time: time);
        await Generate("First cat [[fault:401]]");
        var once = await turns.Take(isLarge: false, isBulk: false, default);
        await Generate("Second cat [[fault:401]]");
        var twice = await turns.Take(isLarge: false, isBulk: false, default);
        time.Move(TimeSpan.FromSeconds(1.5));
        var probe = await turns.Take(isLarge: false, isBulk: false, default);
        var other = await turns.Take(isLarge: false, isBulk: false, default);

        Assert.That(new[] { once, probe }, Is.All.TypeOf<TurnOutcome.Granted>());
        Assert.That(new[] { twice, other }, Is.All.TypeOf<TurnOutcome.Later>());
    }

    [Test]
    public async Task What_is_wrong_with_one_job_stops_no_other()
    {
        foreach (var fault in (string[])["safety", "400", "empty", "fewer", "safety", "400"])
            await Generate(string.Create(CultureInfo.InvariantCulture, $"A cat [[fault:{fault}]]"));

        Assert.That(await turns.Take(isLarge: false, isBulk: false, default), Is.TypeOf<TurnOutcome.Granted>());
    }

    private Task<ImageApiAnswer> Generate(string prompt) =>
        api.Generate(new ImageRequest(prompt, Pipeline.Images.Catalogue.Load().Find("512")!, 2, "1:1"), default);

    private void Client(TimeSpan quickRetries, double timeoutScale = 1, TimeProvider? time = null, int callsPerMinute = 0)
    {
        var options = new ImageApiOptions
        {
            BaseUrl = simulator.Url,
            Key = SimulatorOptions.DefaultKey,
            QuickRetries = quickRetries,
            BreakDuration = TimeSpan.FromSeconds(1),
            TimeoutScale = timeoutScale,
            CallsPerMinute = callsPerMinute,
        };
        turns?.Dispose();
        time ??= TimeProvider.System;
        turns = new ImageApiTurns(options, time, new Random(1));
        var blobs = new BlobServiceClient(Tests.Storage.NewAccount());
        var bodies = new ImageRequestBody(blobs, new SignedUrls(blobs, new OutputOptions(), TimeProvider.System), options);
        api = new ImageApi(
            HttpClients.ForImageApi(options), bodies, options, turns, time, new Random(1), NullLogger<ImageApi>.Instance);
    }
}
