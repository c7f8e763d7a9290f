using System.Net;
using System.Net.Sockets;
using System.Text;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

/// <summary>Real listeners on this machine: one that hostile URLs want to reach, and one that callers may.</summary>
public sealed class GuardedHttpTests
{
    private static readonly OutgoingOptions Cloud = new();
    private static readonly OutgoingOptions LocalRun = new() { AllowLoopback = true };
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Test]
    public async Task No_hostile_URL_connects_to_a_forbidden_address()
    {
        await using var victim = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        var rebound = 0;
        using var guarded = Client(Cloud, HostileNames.Resolver(() => Interlocked.Increment(ref rebound)));
        var urls = HostileNames.Urls(victim.Port).ToList();
        var outcomes = new List<string>();

        foreach (var url in urls)
        {
            if (!Uri.TryCreate(url, UriKind.Absolute, out var uri)) continue;
            var outcome = await guarded.Send(new HttpRequestMessage(HttpMethod.Get, uri), TimeSpan.FromSeconds(2), ReadText, default);
            if (outcome is not GuardedOutcome<string>.Forbidden) outcomes.Add($"{url}: {outcome}");
        }

        Assert.That(urls.Distinct().Count(), Is.GreaterThanOrEqualTo(200));
        Assert.That(outcomes, Is.Empty);
        Assert.That(victim.Connections, Is.Zero);
        Assert.That(rebound, Is.GreaterThan(0), "names were looked up");
    }

    [Test]
    public async Task A_name_is_connected_to_where_it_was_looked_up_and_nowhere_else()
    {
        await using var victim = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        var lookups = 0;
        // First a public address of which nothing answers here, from then on this machine.
        using var guarded = Client(Cloud, (_, _) => Task.FromResult(
            new[] { IPAddress.Parse(Interlocked.Increment(ref lookups) == 1 ? "192.0.3.1" : "127.0.0.1") }));

        for (var i = 0; i < 3; i++)
        {
            var outcome = await guarded.Send(
                new HttpRequestMessage(HttpMethod.Get, $"https://rebinding.example.com:{victim.Port}/"), TimeSpan.FromSeconds(1), ReadText,
                default);
            Assert.That(outcome, Is.Not.TypeOf<GuardedOutcome<string>.Answered>());
        }

        Assert.That(victim.Connections, Is.Zero);
        Assert.That(lookups, Is.EqualTo(3));
    }

    [Test]
    public async Task One_forbidden_address_among_public_ones_is_enough_to_refuse()
    {
        await using var victim = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        using var guarded = Client(Cloud, (_, _) => Task.FromResult(new[] { IPAddress.Parse("192.0.3.1"), IPAddress.Loopback }));

        var outcome = await guarded.Send(
            new HttpRequestMessage(HttpMethod.Get, $"https://both.example.com:{victim.Port}/"), Limit, ReadText, default);

        Assert.That(outcome, Is.TypeOf<GuardedOutcome<string>.Forbidden>());
        Assert.That(victim.Connections, Is.Zero);
    }

    [Test]
    public async Task A_redirect_is_an_answer_and_is_not_followed()
    {
        await using var victim = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        await using var front = new Listener(
            _ => $"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:{victim.Port}/\r\nContent-Length: 0\r\n\r\n");
        using var guarded = Client(LocalRun);

        var outcome = await guarded.Send(
            new HttpRequestMessage(HttpMethod.Get, front.Url), Limit, (answer, _) => Task.FromResult((int)answer.StatusCode), default);

        Assert.That(outcome, Is.EqualTo(new GuardedOutcome<int>.Answered(302)));
        Assert.That(victim.Connections, Is.Zero);
    }

    [TestCase("https://10.0.0.1/")]
    [TestCase("http://169.254.169.254/latest/meta-data")]
    [TestCase("http://192.168.1.1/")]
    [TestCase("http://example.com/")]
    [TestCase("https://[fe80::1]/")]
    [TestCase("https://metadata.google.internal/")]
    public async Task A_local_run_allows_this_machine_and_nothing_more(string url)
    {
        await using var own = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        using var guarded = Client(LocalRun, HostileNames.Resolver(() => 0));

        Assert.That(await Get(guarded, own.Url), Is.EqualTo(new GuardedOutcome<string>.Answered("hi")));
        Assert.That(await Get(guarded, url), Is.TypeOf<GuardedOutcome<string>.Forbidden>());
    }

    [Test]
    public async Task A_body_that_never_ends_is_given_up_in_time()
    {
        await using var slow = new Listener(async stream =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"u8.ToArray());
            while (true)
            {
                await stream.WriteAsync("."u8.ToArray());
                await Task.Delay(50);
            }
        });
        using var guarded = Client(LocalRun);

        var outcome = await guarded.Send(
            new HttpRequestMessage(HttpMethod.Get, slow.Url), TimeSpan.FromMilliseconds(500), ReadText, default);

        Assert.That(outcome, Is.TypeOf<GuardedOutcome<string>.Unreachable>());
    }

    [Test]
    public async Task What_breaks_off_hangs_or_is_not_there_is_unreachable()
    {
        await using var cut = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
        await using var garbage = new Listener(_ => "220 mail.example.com ESMTP\r\n");
        using var guarded = Client(LocalRun, (_, _) => throw new SocketException((int)SocketError.HostNotFound));

        foreach (var url in new[] { cut.Url, garbage.Url, "http://127.0.0.1:1/", "https://nowhere.example.com/" })
            Assert.That(await Get(guarded, url), Is.TypeOf<GuardedOutcome<string>.Unreachable>(), url);
    }

    [Test]
    public void Whoever_gives_up_is_not_told_a_reason()
    {
        using var guarded = Client(Cloud, async (_, cancel) =>
        {
            await Task.Delay(Timeout.Infinite, cancel);
            return [];
        });
        using var left = new CancellationTokenSource(TimeSpan.FromMilliseconds(100));

        Assert.That(
            async () => await guarded.Send(new HttpRequestMessage(HttpMethod.Get, "https://example.com"), Limit, ReadText, left.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private static GuardedHttp Client(OutgoingOptions options, ResolveHost? resolve = null) =>
        new(options, resolve ?? Dns.GetHostAddressesAsync, TimeProvider.System);

    private static Task<GuardedOutcome<string>> Get(GuardedHttp guarded, string url) =>
        guarded.Send(new HttpRequestMessage(HttpMethod.Get, url), Limit, ReadText, default);

    private static Task<string> ReadText(HttpResponseMessage answer, CancellationToken cancel) => answer.Content.ReadAsStringAsync(cancel);

    /// <summary>Accepts connections on loopback, counts them, and answers each.</summary>
    private sealed class Listener : IAsyncDisposable
    {
        private readonly Func<NetworkStream, Task> answer;
        private readonly List<TcpListener> listeners = [];
        private readonly List<Task> accepting = [];
        private int connections;

        public Listener(Func<NetworkStream, string> answer)
            : this(async stream => await stream.WriteAsync(Encoding.ASCII.GetBytes(answer(stream))))
        {
        }

        public Listener(Func<NetworkStream, Task> answer)
        {
            this.answer = answer;
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
                var request = new byte[4096];
                await stream.ReadAtLeastAsync(request, 1, throwOnEndOfStream: false);
                await answer(stream);
            }
            catch (IOException)
            {
                // The client has left.
            }
        }
    }
}
