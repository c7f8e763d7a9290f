using Microsoft.Extensions.Logging;
using Pipeline.Telemetry;
using Polly;
using Polly.CircuitBreaker;
using Polly.Retry;
using Polly.Timeout;

namespace Pipeline.Images;

/// <summary>One attempt at the image API: the request, and what it took so far.</summary>
internal sealed class ImageApiAttempt(ImageRequest request, long startedAt)
{
    public static readonly ResiliencePropertyKey<ImageApiAttempt> Key = new("attempt");

    public ImageRequest Request => request;

    /// <summary>When it began, as a timestamp of the clock.</summary>
    public long StartedAt => startedAt;

    /// <summary>How many requests were sent.</summary>
    public int Calls { get; set; }

    /// <summary>How the latest of them ended, or null if none did.</summary>
    public ImageApiOutcome? Latest { get; set; }

    public static ImageApiAttempt Of(ResilienceContext context) => context.Properties.GetValue(Key, null!);
}

/// <summary>
/// What stands around each call of the image API, from outside to inside: quick retries of what made nothing, a circuit breaker for
/// its failures, one for our key, and the time limit of the tier.
/// </summary>
internal sealed partial class ImageApiPipeline(
    ImageApiOptions options, ImageApiTurns turns, TimeProvider time, Random random, ILogger<ImageApi> logger)
{
    /// <summary>Doubled for each further retry.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.5);

    /// <summary>With half a second doubled each time, no more fit into the longest time that may be set.</summary>
    private const int RetriesMax = 5;

    /// <summary>So few failures say nothing yet of the API.</summary>
    private const int FailuresMin = 5;

    /// <summary>If at least so many of the calls fail, the others are not worth their attempts.</summary>
    private const double FailureRatio = 0.5;

    private static readonly TimeSpan Sampling = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan BreakMax = TimeSpan.FromMinutes(5);

    public ResiliencePipeline<ImageApiOutcome> Build()
    {
        var builder = new ResiliencePipelineBuilder<ImageApiOutcome> { TimeProvider = time };
        if (options.QuickRetries > TimeSpan.Zero) builder.AddRetry(Retry());
        return builder
            .AddCircuitBreaker(Breaker(
                turns.Available, "failures", FailureRatio, FailuresMin,
                args => args.Outcome.Exception is TimeoutRejectedException
                    || args.Outcome.Result is ImageApiOutcome.Throttled or ImageApiOutcome.Unavailable or ImageApiOutcome.Unknown))
            // At least two calls in the time, of which one was refused: the least that the breaker takes.
            .AddCircuitBreaker(Breaker(turns.KeyAccepted, "key", 0.01, 2, args => args.Outcome.Result is ImageApiOutcome.KeyRefused))
            .AddTimeout(new TimeoutStrategyOptions
            {
                TimeoutGenerator = args => new(options.TimeoutOf(ImageApiAttempt.Of(args.Context).Request.Model)),
            })
            .Build();
    }

    /// <summary>Repeats what made nothing for sure, and only while the whole attempt stays short; all else is the queue's.</summary>
    private RetryStrategyOptions<ImageApiOutcome> Retry() => new()
    {
        MaxRetryAttempts = RetriesMax,
        ShouldHandle = args => new(
            RetryAfter(args.Outcome.Result, args.AttemptNumber) is { } delay
            && time.GetElapsedTime(ImageApiAttempt.Of(args.Context).StartedAt) + delay <= options.QuickRetries
            && turns.TakeAnotherCall()),
        // Not all callers that failed together come back together.
        DelayGenerator = args => new(RetryAfter(args.Outcome.Result, args.AttemptNumber) * (0.75 + (random.NextDouble() / 4))),
    };

    /// <summary>How long to wait at most before this may be repeated, or null if it may not.</summary>
    private static TimeSpan? RetryAfter(ImageApiOutcome? outcome, int attempt) => outcome switch
    {
        ImageApiOutcome.Throttled { RetryAfter: { } asked } => Longer(asked * 4 / 3, attempt),
        ImageApiOutcome.Unavailable { RetryAfter: { } asked } => Longer(asked * 4 / 3, attempt),
        ImageApiOutcome.Throttled or ImageApiOutcome.Unavailable => Longer(TimeSpan.Zero, attempt),
        _ => null,
    };

    private static TimeSpan Longer(TimeSpan asked, int attempt) =>
        FirstDelay * Math.Pow(2, attempt) is var own && own > asked ? own : asked;

    private CircuitBreakerStrategyOptions<ImageApiOutcome> Breaker(
        CircuitBreakerStateProvider state, string cause, double ratio, int failuresMin,
        Func<CircuitBreakerPredicateArguments<ImageApiOutcome>, bool> isFailure) => new()
        {
            FailureRatio = ratio,
            MinimumThroughput = failuresMin,
            SamplingDuration = Sampling,
            BreakDurationGenerator = args =>
            {
                var duration = options.BreakDuration * Math.Pow(2, Math.Min(args.HalfOpenAttempts, 10));
                return new(duration < BreakMax ? duration : BreakMax);
            },
            StateProvider = state,
            ShouldHandle = args => new(isFailure(args)),
            OnOpened = args =>
            {
                Meters.Circuit(isOpen: true, cause);
                return Opened(args);
            },
            OnClosed = _ =>
            {
                Meters.Circuit(isOpen: false, cause);
                Log.Closed(logger);
                return default;
            },
        };

    private ValueTask Opened(OnCircuitOpenedArguments<ImageApiOutcome> args)
    {
        turns.Pause(args.BreakDuration);
        // Not in its own words, which may quote a prompt: those are with the jobs' attempts.
        if (args.Outcome.Result is ImageApiOutcome.KeyRefused) Log.KeyRefused(logger, args.BreakDuration);
        else Log.Opened(logger, args.BreakDuration, args.Outcome.Result?.Name ?? "no answer in time");
        return default;
    }

    private static partial class Log
    {
        [LoggerMessage(30, LogLevel.Critical,
            "The image API refuses our key or account. No job is begun for {Duration}; check ImageApi__Key and the account.")]
        public static partial void KeyRefused(ILogger logger, TimeSpan duration);

        [LoggerMessage(31, LogLevel.Error, "The image API fails too often and is left alone for {Duration}, at last {Outcome}.")]
        public static partial void Opened(ILogger logger, TimeSpan duration, string outcome);

        [LoggerMessage(32, LogLevel.Information, "The image API works again.")]
        public static partial void Closed(ILogger logger);
    }
}
