using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Pipeline.Tests.Http;

/// <summary>Accepts connections on loopback, counts them, and answers each.</summary>
internal sealed class Listener : IAsyncDisposable
{
    private readonly Func<NetworkStream, Task> answer;
    private readonly bool readsFirst;
    private readonly List<TcpListener> listeners = [];
    private readonly List<Task> accepting = [];
    private readonly ConcurrentQueue<string> requests = [];
    private int connections;

    public Listener(Func<NetworkStream, string> answer)
        : this(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes(answer(stream))))
    {
    }

    /// <param name="answer">Writes the answer.</param>
    /// <param name="readsFirst">Whether the request is read before; else that is left to the answer.</param>
    public Listener(Func<NetworkStream, Task> answer, bool readsFirst = true)
    {
        this.answer = answer;
        this.readsFirst = readsFirst;
        var first = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        Port = ((IPEndPoint)first.LocalEndpoint).Port;
        listeners.Add(first);
        if (Socket.OSSupportsIPv6) AddIPv6();
        accepting.AddRange(listeners.Select(Accept));
    }

    public int Port { get; }

    public string Url => $"http://127.0.0.1:{Port}/";

    public int Connections => connections;

    /// <summary>What each connection said first.</summary>
    public IReadOnlyCollection<string> Requests => requests;

    public async ValueTask DisposeAsync()
    {
        foreach (var listener in listeners) listener.Dispose();
        await Task.WhenAll(accepting);
    }

    private void AddIPv6()
    {
        var second = new TcpListener(IPAddress.IPv6Loopback, Port);
        try
        {
            second.Start();
            listeners.Add(second);
        }
        catch (SocketException)
        {
            // No IPv6 here, or the port is taken there: IPv4 still counts.
            second.Dispose();
        }
    }

    private async Task Accept(TcpListener listener)
    {
        try
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                Interlocked.Increment(ref connections);
                await Answer(client);
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Stopped.
        }
    }

    private async Task Answer(TcpClient client)
    {
        try
        {
            var stream = client.GetStream();
            if (readsFirst) requests.Enqueue(await Read(stream));
            await answer(stream);
        }
        catch (IOException)
        {
            // The client has left.
        }
    }

    private static async Task<string> Read(NetworkStream stream)
    {
        var request = new byte[4096];
        var length = await stream.ReadAtLeastAsync(request, 1, throwOnEndOfStream: false);
        return Encoding.ASCII.GetString(request, 0, length);
    }
}
