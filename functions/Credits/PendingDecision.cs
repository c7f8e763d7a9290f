namespace Pipeline.Credits;

/// <summary>A decision that waits for its transaction, and its caller for the outcome.</summary>
internal sealed class PendingDecision : IDisposable
{
    // Whoever is told the outcome must not go on inside the committer.
    private readonly TaskCompletionSource<CommitResult> outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenRegistration registration;
    private int state;

    public PendingDecision(Decide decide, CancellationToken cancel)
    {
        Decide = decide;
        registration = cancel.Register(() =>
        {
            if (Interlocked.CompareExchange(ref state, GivenUp, Waiting) == Waiting) outcome.TrySetCanceled(cancel);
        });
    }

    private const int Waiting = 0;
    private const int Taken = 1;
    private const int GivenUp = 2;

    public Decide Decide { get; }

    public Task<CommitResult> Outcome => outcome.Task;

    /// <summary>From now on its caller must wait for the outcome.</summary>
    /// <returns>False if the caller gave up before.</returns>
    public bool TryTake() => Interlocked.CompareExchange(ref state, Taken, Waiting) != GivenUp;

    public void Answer(CommitResult result)
    {
        outcome.TrySetResult(result);
        Dispose();
    }

    public void Fail(Exception e)
    {
        outcome.TrySetException(e);
        Dispose();
    }

    public void Dispose() => registration.Dispose();
}
