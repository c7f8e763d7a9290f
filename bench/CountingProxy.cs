using System.Net;
using System.Net.Sockets;

namespace Pipeline.Bench;

/// <summary>Stands before a port and counts the requests that pass: what reaches storage, whoever sent it.</summary>
internal sealed class CountingProxy : IAsyncDisposable
{
    /// <summary>What ends the first line of each request; the list's requests have no body that could hold it.</summary>
    private static readonly byte[] Mark = [.. " HTTP/1.1\r\n"u8];

    private readonly TcpListener listener = new(IPAddress.Loopback, 0);
    private readonly int target;
    private readonly Task accepting;
    private int requests;

    public CountingProxy(int target)
    {
        this.target = target;
        listener.Start();
        accepting = Accept();
    }

    public int Port => ((IPEndPoint)listener.LocalEndpoint).Port;

    public int Requests => Volatile.Read(ref requests);

    public async ValueTask DisposeAsync()
    {
        listener.Dispose();
        await accepting;
    }

    private async Task Accept()
    {
        try
        {
            while (true) _ = Relay(await listener.AcceptTcpClientAsync());
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task Relay(TcpClient client)
    {
        using var server = new TcpClient { NoDelay = true };
        using var _ = client;
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, target);
            await Task.WhenAny(
                Copy(client.GetStream(), server.GetStream(), counts: true), Copy(server.GetStream(), client.GetStream(), counts: false));
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // One side has gone.
        }
    }

    private async Task Copy(NetworkStream from, NetworkStream to, bool counts)
    {
        var buffer = new byte[64 * 1024];
        var matched = 0;
        int count;
        while ((count = await from.ReadAsync(buffer)) > 0)
        {
            for (var i = 0; counts && i < count; i++)
            {
                matched = buffer[i] == Mark[matched] ? matched + 1 : buffer[i] == Mark[0] ? 1 : 0;
                if (matched < Mark.Length) continue;
                Interlocked.Increment(ref requests);
                matched = 0;
            }

            await to.WriteAsync(buffer.AsMemory(0, count));
        }
    }
}
