using Microsoft.Extensions.Hosting;

namespace Local.FunctionsWorker;

/// <summary>The two ends of a host: told to stop, and out of time.</summary>
internal sealed class HostLife(IHostApplicationLifetime lifetime) : IDisposable
{
    private readonly CancellationTokenSource abandoned = new();

    /// <summary>No more work is taken; invocations in flight see it as their cancellation token.</summary>
    public CancellationToken Stopping => lifetime.ApplicationStopping;

    /// <summary>What is in flight has had its time: it is neither completed nor renewed any more, so its lease brings it back.</summary>
    public CancellationToken Abandoned => abandoned.Token;

    public void Abandon() => abandoned.Cancel();

    public void Dispose() => abandoned.Dispose();
}
