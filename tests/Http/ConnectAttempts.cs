using System.Collections.Concurrent;
using System.Diagnostics;

namespace Pipeline.Tests.Http;

/// <summary>Every address that this process tries to connect to at one port, also where no listener of ours could count.</summary>
internal sealed class ConnectAttempts : IDisposable
{
    private readonly ConcurrentQueue<string> addresses = [];
    private readonly ActivityListener listener;

    public ConnectAttempts(int port)
    {
        listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == "Experimental.System.Net.Sockets",
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = connect =>
            {
                if (connect.GetTagItem("network.peer.port") is int to && to == port)
                    addresses.Enqueue($"{connect.GetTagItem("network.peer.address")}");
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    public IReadOnlyCollection<string> Addresses => addresses;

    public void Dispose() => listener.Dispose();
}
