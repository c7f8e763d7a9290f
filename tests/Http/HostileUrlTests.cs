using System.Net;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

/// <summary>A listener on this machine that hostile URLs want to reach, and the client that must not take them there.</summary>
public sealed class HostileUrlTests
{
    private const string Hi = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

    private static readonly OutgoingOptions Cloud = new();
    private static readonly OutgoingOptions LocalRun = new() { AllowLoopback = true };

    [Test]
    public async Task No_hostile_URL_connects_to_a_forbidden_address()
    {
        await using var victim = new Listener(_ => Hi);
        using var attempts = new ConnectAttempts(victim.Port);
        var lookups = 0;
        using var guarded = Client(Cloud, HostileNames.Resolver(() => Interlocked.Increment(ref lookups)));
        var urls = HostileNames.Urls(victim.Port).Distinct()
            .Select(url => Uri.TryCreate(url, UriKind.Absolute, out var uri) ? uri : null).OfType<Uri>().ToList();
        var outcomes = new List<string>();

        foreach (var url in urls)
        {
            var outcome = await Get(guarded, url);
            if (outcome is not GuardedOutcome<int>.Forbidden) outcomes.Add($"{url}: {outcome}");
        }

        TestContext.Out.WriteLine($"{urls.Count} URLs, {lookups} lookups");
        Assert.Multiple(() =>
        {
            Assert.That(urls, Has.Count.GreaterThanOrEqualTo(200));
            Assert.That(lookups, Is.GreaterThanOrEqualTo(60));
            Assert.That(victim.Connections, Is.Zero);
            Assert.That(attempts.Addresses, Is.Empty);
            Assert.That(outcomes, Is.Empty);
        });
        await BothCount(victim, attempts);
    }

    [Test]
    public async Task A_name_is_connected_to_where_it_was_looked_up_and_nowhere_else()
    {
        await using var victim = new Listener(_ => Hi);
        using var attempts = new ConnectAttempts(victim.Port);
        var lookups = 0;
        using var guarded = Client(
            Cloud,
            (_, _) => Task.FromResult<IPAddress[]>(
                [Interlocked.Increment(ref lookups) == 1 ? HostileNames.Nobody : IPAddress.Loopback]));
        var url = new Uri($"https://rebinding.example.com:{victim.Port}/");

        var first = await Get(guarded, url);
        var second = await Get(guarded, url);

        Assert.That(first, Is.TypeOf<GuardedOutcome<int>.Unreachable>());
        Assert.That(second, Is.TypeOf<GuardedOutcome<int>.Forbidden>());
        Assert.That(lookups, Is.EqualTo(2), "one for each connection");
        Assert.That(attempts.Addresses, Is.SubsetOf(new[] { $"{HostileNames.Nobody}" }));
        Assert.That(victim.Connections, Is.Zero);
    }

    [Test]
    public async Task One_forbidden_address_among_public_ones_is_enough_to_refuse([Values] bool forbiddenFirst)
    {
        await using var victim = new Listener(_ => Hi);
        using var attempts = new ConnectAttempts(victim.Port);
        IPAddress[] found = forbiddenFirst ? [IPAddress.Loopback, HostileNames.Nobody] : [HostileNames.Nobody, IPAddress.Loopback];
        using var guarded = Client(Cloud, (_, _) => Task.FromResult(found));

        var outcome = await Get(guarded, new Uri($"https://both.example.com:{victim.Port}/"));

        Assert.That(outcome, Is.TypeOf<GuardedOutcome<int>.Forbidden>());
        Assert.That(attempts.Addresses, Is.Empty);
    }

    [TestCase(301)]
    [TestCase(302)]
    [TestCase(303)]
    [TestCase(307)]
    [TestCase(308)]
    public async Task A_redirect_is_an_answer_and_is_not_followed(int status)
    {
        await using var victim = new Listener(_ => Hi);
        await using var front = new Listener(
            _ => $"HTTP/1.1 {status} Elsewhere\r\nLocation: http://127.0.0.1:{victim.Port}/\r\nContent-Length: 0\r\n\r\n");
        using var guarded = Client(LocalRun);

        var outcome = await Get(guarded, new Uri(front.Url));

        Assert.That(outcome, Is.EqualTo(new GuardedOutcome<int>.Answered(status)));
        Assert.That(victim.Connections, Is.Zero);
    }

    [Test]
    public async Task A_certificate_cannot_have_its_issuer_fetched_from_a_forbidden_address()
    {
        await using var victim = new Listener(_ => Hi);
        using var certificate = HostileCertificate.ThatNames($"http://127.0.0.1:{victim.Port}/latest/meta-data");
        await using var front = new Listener(certificate.ShakeHands, readsFirst: false);
        using var guarded = Client(LocalRun);

        var outcome = await Get(guarded, new Uri($"https://localhost:{front.Port}/"));

        Assert.That(front.Connections, Is.EqualTo(1));
        Assert.That(victim.Connections, Is.Zero);
        Assert.That(outcome, Is.EqualTo(
            new GuardedOutcome<int>.Unreachable("has no valid certificate, or does not send the whole chain of it.")));
    }

    /// <summary>What counted nothing would have counted: an allowed request is seen by both.</summary>
    private static async Task BothCount(Listener victim, ConnectAttempts attempts)
    {
        using var allowed = Client(LocalRun);
        Assert.That(await Get(allowed, new Uri(victim.Url)), Is.EqualTo(new GuardedOutcome<int>.Answered(200)));
        Assert.That((victim.Connections, attempts.Addresses.Count), Is.EqualTo((1, 1)));
    }

    private static GuardedHttp Client(OutgoingOptions options, ResolveHost? resolve = null) =>
        new(options, resolve ?? Dns.GetHostAddressesAsync, TimeProvider.System);

    private static Task<GuardedOutcome<int>> Get(GuardedHttp guarded, Uri url) => guarded.Send(
        "caller", new HttpRequestMessage(HttpMethod.Get, url), TimeSpan.FromSeconds(20),
        (answer, _) => Task.FromResult((int)answer.StatusCode), CancellationToken.None);
}
