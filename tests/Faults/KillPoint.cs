using System.Text.RegularExpressions;

namespace Pipeline.Tests.Faults;

/// <summary>A write of the app, as it passes on its way: where the app is killed.</summary>
/// <param name="Step">What it does there.</param>
/// <param name="At">Whether it is killed before it is done or after.</param>
internal sealed partial record KillPoint(WorkStep Step, TripAt At)
{
    public static IEnumerable<KillPoint> All =>
        from step in Enum.GetValues<WorkStep>()
        from at in Enum.GetValues<TripAt>()
        select new KillPoint(step, at);

    /// <summary>Puts the tripwire where the next job meets it.</summary>
    public Tripwire Trip(FaultyNetwork network, Func<Task> kill) => Step switch
    {
        WorkStep.Enqueue => network.Queues.Trip(
            request => request.Method == "POST" && request.Path.EndsWith("/images-standard/messages", StringComparison.Ordinal), At, kill),
        WorkStep.Claim => network.Tables.Trip(
            request => request.Method is "PATCH" or "MERGE" && request.Path.Contains("job~", StringComparison.Ordinal), At, kill),
        WorkStep.Call => network.ImageApi.Trip(
            request => request.Method == "POST" && request.Path.EndsWith("/images/generate", StringComparison.Ordinal), At, kill),
        WorkStep.FirstImage => network.Blobs.Trip(IsImage, At, kill),
        WorkStep.SecondImage => network.Blobs.Trip(new Second(IsImage).Is, At, kill),
        WorkStep.Capture => network.Tables.Trip(request => RemovesOpen().IsMatch(request.Body), At, kill),
        WorkStep.DeleteMessage => network.Queues.Trip(
            request => request.Method == "DELETE" && request.Path.Contains("/images-standard/messages/", StringComparison.Ordinal),
            At, kill),
        _ => throw new InvalidOperationException($"There is no step {Step}."),
    };

    private static bool IsImage(PassingRequest request) =>
        request.Method == "PUT" && request.Path.Contains("/outputs/", StringComparison.Ordinal)
        && request.Path.EndsWith(".png", StringComparison.Ordinal);

    /// <summary>The transaction that ends a job removes its row of open holds.</summary>
    [GeneratedRegex(@"^DELETE \S*open(~|%7E)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex RemovesOpen();

    private sealed class Second(Func<PassingRequest, bool> matches)
    {
        private int count;

        public bool Is(PassingRequest request) => matches(request) && Interlocked.Increment(ref count) == 2;
    }
}

/// <summary>What is written for a job of two images once its credits are held, in order.</summary>
internal enum WorkStep
{
    /// <summary>The message that hands it to a worker.</summary>
    Enqueue,

    Claim,
    Call,
    FirstImage,
    SecondImage,
    Capture,
    DeleteMessage,
}
