using System.Net;
using System.Net.Sockets;

namespace Pipeline.Tests.FunctionsWorker;

/// <summary>A way to a port that can be cut and mended: an outage of what is behind it.</summary>
internal sealed class TcpProxy(int port, int target) : IAsyncDisposable
{
    private readonly List<TcpClient> connections = [];
    private TcpListener? listener;
    private TaskCompletionSource gate = Opened();
    private Task accepting = Task.CompletedTask;

    public void Mend()
    {
        listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        accepting = Accept(listener);
    }

    /// <summary>Keeps what both sides send until <see cref="Release"/>.</summary>
    public void Hold() => gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Release() => gate.SetResult();

    public async Task Cut()
    {
        listener?.Dispose();
        await accepting;
        lock (connections)
        {
            foreach (var connection in connections) connection.Dispose();
            connections.Clear();
        }
    }

    public async ValueTask DisposeAsync() => await Cut();

    private async Task Accept(TcpListener on)
    {
        try
        {
            while (true)
            {
                var client = await on.AcceptTcpClientAsync();
                var server = new TcpClient();
                lock (connections) connections.AddRange([client, server]);
                _ = Relay(client, server);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut.
        }
    }

    private async Task Relay(TcpClient client, TcpClient server)
    {
        try
        {
            await server.ConnectAsync(IPAddress.Loopback, target);
            await Task.WhenAny(Copy(client.GetStream(), server.GetStream()), Copy(server.GetStream(), client.GetStream()));
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or one side has gone.
        }
        finally
        {
            client.Dispose();
            server.Dispose();
        }
    }

    private async Task Copy(NetworkStream from, NetworkStream to)
    {
        var buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.ReadAsync(buffer)) > 0)
        {
            await gate.Task;
            await to.WriteAsync(buffer.AsMemory(0, count));
        }
    }

    private static TaskCompletionSource Opened()
    {
        var opened = new TaskCompletionSource();
        opened.SetResult();
        return opened;
    }
}
