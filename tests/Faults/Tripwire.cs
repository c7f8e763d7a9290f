namespace Pipeline.Tests.Faults;

/// <summary>A request on its way, as a tripwire sees it.</summary>
/// <param name="Method">GET, PUT, …</param>
/// <param name="Path">Unescaped, without the query.</param>
/// <param name="Body">Its text if it is a batch of table operations, else empty.</param>
internal sealed record PassingRequest(string Method, string Path, string Body);

/// <summary>On which side of the server's work a tripwire is.</summary>
public enum TripAt
{
    /// <summary>Before the request is forwarded; it never is.</summary>
    Before,

    /// <summary>After the server has answered; the answer never arrives.</summary>
    After,
}

/// <summary>Does something the first time that a certain request passes, and cuts that request's connection.</summary>
internal sealed class Tripwire(Func<PassingRequest, bool> matches, TripAt at, Func<Task> action)
{
    private readonly TaskCompletionSource sprung = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int trips;

    /// <summary>Completes when the action has; fails as it did.</summary>
    public Task Sprung => sprung.Task;

    public TripAt At => at;

    /// <summary>Whether this is the request that it waited for; true once at most.</summary>
    public bool IsMetBy(PassingRequest request) => matches(request) && Interlocked.Exchange(ref trips, 1) == 0;

    public async Task Spring()
    {
        try
        {
            await action();
            sprung.SetResult();
        }
        catch (Exception e)
        {
            // The proxy must go on; whoever waits for the tripwire gets the failure.
            sprung.SetException(e);
        }
    }
}
