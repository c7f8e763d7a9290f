using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Images;
using Polly;

namespace Pipeline.Tests.Telemetry;

/// <summary>While the image API is left alone, that is measured, for alerts.</summary>
public sealed class CircuitTests
{
    [TestCase("failures", 5)]
    [TestCase("key", 2)]
    public async Task It_is_open_after_failures_and_closed_after_a_success(string cause, int failures)
    {
        using var measured = new Measured();
        var time = new MovedTime();
        var options = new ImageApiOptions { Key = "k", QuickRetries = TimeSpan.Zero, BreakDuration = TimeSpan.FromSeconds(1) };
        using var turns = new ImageApiTurns(options, time, new Random(1));
        var pipeline = new ImageApiPipeline(options, turns, time, new Random(1), NullLogger<ImageApi>.Instance).Build();
        ImageApiOutcome failure = cause == "key" ? new ImageApiOutcome.KeyRefused("No.") : new ImageApiOutcome.Unavailable("Down.", null);

        for (var n = 0; n < failures; n++) await Run(failure);
        Assert.That(measured.Of($"pipeline.image_api.circuit cause={cause}"), Does.Contain(1));
        time.Move(TimeSpan.FromSeconds(2));
        await Run(new ImageApiOutcome.Delivered([]));

        Assert.That(measured.Of($"pipeline.image_api.circuit cause={cause}"), Does.Contain(0));

        async Task Run(ImageApiOutcome outcome)
        {
            var context = ResilienceContextPool.Shared.Get();
            var request = new ImageRequest("A cat", Catalogue.Load().Find("512")!, 1, "1:1");
            context.Properties.Set(ImageApiAttempt.Key, new ImageApiAttempt(request, time.GetTimestamp()));
            await pipeline.ExecuteAsync(static (_, outcome) => ValueTask.FromResult(outcome), context, outcome);
            ResilienceContextPool.Shared.Return(context);
        }
    }
}
