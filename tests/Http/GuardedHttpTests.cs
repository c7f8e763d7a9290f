using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

/// <summary>How requests to listeners of this machine end, in a local run, which may reach them.</summary>
public sealed class GuardedHttpTests
{
    private const string Hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    private static readonly OutgoingOptions Cloud = new();
    private static readonly OutgoingOptions LocalRun = new() { AllowLoopback = true };
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [TestCase("https://10.0.0.1/")]
    [TestCase("http://169.254.169.254/latest/meta-data")]
    [TestCase("http://192.168.1.1/")]
    [TestCase("http://example.com/")]
    [TestCase("https://[fe80::1]/")]
    [TestCase("https://metadata.google.internal/")]
    [TestCase("https://a-10-0-0-1.example.com/")]
    [TestCase("https://both-169-254-169-254.example.com/")]
    public async Task A_local_run_allows_this_machine_and_nothing_more(string url)
    {
        await using var own = new Listener(_ => Hi);
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
            "caller", new HttpRequestMessage(HttpMethod.Get, slow.Url), TimeSpan.FromMilliseconds(500), ReadText, default);

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
            () => guarded.Send("caller", new HttpRequestMessage(HttpMethod.Get, "https://example.com"), Limit, ReadText, left.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task Why_something_is_unreachable_is_said()
    {
        await using var cut = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhalf");
        using var guarded = Client(LocalRun, (_, _) => Task.FromResult<IPAddress[]>([]));

        Assert.That(await Get(guarded, cut.Url), Is.EqualTo(Unreachable("broke off in the middle of its answer.")));
        Assert.That(await Get(guarded, "https://nowhere.example.com/"), Is.EqualTo(Unreachable("is on a host that has no address.")));
    }

    [Test]
    public async Task A_full_disk_of_ours_is_not_blamed_on_the_sender()
    {
        await using var own = new Listener(_ => Hi);
        using var guarded = Client(LocalRun);

        Assert.That(
            () => guarded.Send<string>("caller", Request(own), Limit, (_, _) => throw new IOException("No space left on device"), default),
            Throws.TypeOf<IOException>());
    }

    [Test]
    public async Task A_stranger_gets_no_trace_ids_and_no_baggage()
    {
        await using var own = new Listener(_ => Hi);
        using var guarded = Client(LocalRun);
        using var trace = new Activity("job").SetIdFormat(ActivityIdFormat.W3C).AddBaggage("account", "studio").Start();

        await guarded.Send("caller", Request(own), Limit, ReadText, default);

        Assert.That(own.Requests.Single(), Is.EqualTo($"GET / HTTP/1.1\r\nHost: 127.0.0.1:{own.Port}\r\n\r\n"));
    }

    [Test]
    public async Task A_cookie_of_one_callers_host_does_not_go_with_anothers_request()
    {
        await using var own = new Listener(_ => "HTTP/1.1 200 OK\r\nSet-Cookie: who=me\r\nContent-Length: 2\r\n\r\nhi");
        using var guarded = Client(LocalRun);

        for (var i = 0; i < 2; i++) await guarded.Send("caller", Request(own), Limit, ReadText, default);

        Assert.That(own.Requests, Has.Count.EqualTo(2).And.None.Contains("Cookie:"));
    }

    [Test]
    public async Task A_request_for_HTTP_3_goes_by_TCP_where_addresses_are_checked()
    {
        await using var own = new Listener(_ => Hi);
        using var guarded = Client(LocalRun);
        var request = Request(own);
        request.Version = HttpVersion.Version30;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionExact;

        Assert.That(
            await guarded.Send("caller", request, Limit, ReadText, default), Is.EqualTo(new GuardedOutcome<string>.Answered("hi")));
    }

    private static GuardedOutcome<string>.Unreachable Unreachable(string detail) => new(detail);

    private static HttpRequestMessage Request(Listener to) => new(HttpMethod.Get, to.Url);

    private static GuardedHttp Client(OutgoingOptions options, ResolveHost? resolve = null) =>
        new(options, resolve ?? Dns.GetHostAddressesAsync, TimeProvider.System);

    private static Task<GuardedOutcome<string>> Get(GuardedHttp guarded, string url) =>
        guarded.Send("caller", new HttpRequestMessage(HttpMethod.Get, url), Limit, ReadText, default);

    private static Task<string> ReadText(HttpResponseMessage answer, CancellationToken cancel) => answer.Content.ReadAsStringAsync(cancel);
}
