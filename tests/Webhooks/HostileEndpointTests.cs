using System.Text.Json.Nodes;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Tests.Http;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>Endpoints that lead to this machine or its neighbours, however they are spelled: none is saved, and none is called.</summary>
public sealed class HostileEndpointTests
{
    private static readonly OutgoingOptions Cloud = new();

    private static readonly Event Happened = new(
        AccountId.Parse("demo"), EventId.New(1), "job.succeeded", DateTimeOffset.UnixEpoch, new JsonObject { ["url"] = "v1/jobs/x" });

    [Test]
    public async Task No_hostile_endpoint_is_connected_to()
    {
        await using var victim = new Listener(_ => "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi");
        using var attempts = new ConnectAttempts(victim.Port);
        using var guarded = new GuardedHttp(Cloud, HostileNames.Resolver(() => 0), TimeProvider.System);
        var call = new CallEndpoint(guarded, new PublicUrls(new HttpOptions(), null), TimeProvider.System);
        var urls = HostileNames.Urls(victim.Port).Distinct().Select(OutgoingUrl.Read).OfType<Uri>().ToList();
        var called = new List<string>();
        foreach (var url in urls)
        {
            var outcome = await call.Post(url, Happened, WebhookSecrets.Of(WebhookSecret.New()), default);
            if (outcome is not { Status: null, Fault: { } fault } || !fault.StartsWith("Not called: ", StringComparison.Ordinal))
                called.Add($"{url}: {outcome}");
        }

        Assert.That(urls, Has.Count.GreaterThanOrEqualTo(200));
        Assert.That((called.Count, victim.Connections, attempts.Addresses.Count), Is.EqualTo((0, 0, 0)), string.Join('\n', called));
    }

    [Test]
    public async Task Nor_is_it_taken_in_the_first_place_where_its_name_can_be_looked_up()
    {
        using var guarded = new GuardedHttp(Cloud, HostileNames.Resolver(() => 0), TimeProvider.System);
        var taken = new List<string>();
        foreach (var text in HostileNames.Urls(443).Distinct())
        {
            if (OutgoingUrl.Read(text) is { } url && await guarded.FaultOf("demo", url, TimeSpan.FromSeconds(20), default) is null)
                taken.Add(text);
        }

        Assert.That(taken, Is.Empty);
    }

    [Test]
    public async Task A_name_that_is_not_found_or_takes_too_long_is_taken_and_looked_up_at_each_delivery()
    {
        var never = new TaskCompletionSource<System.Net.IPAddress[]>();
        using var missing = new GuardedHttp(
            Cloud, (_, _) => throw new System.Net.Sockets.SocketException((int)System.Net.Sockets.SocketError.HostNotFound),
            TimeProvider.System);
        using var slow = new GuardedHttp(Cloud, (_, _) => never.Task, TimeProvider.System);
        using var fine = new GuardedHttp(
            Cloud, (_, _) => Task.FromResult<System.Net.IPAddress[]>([HostileNames.Nobody]), TimeProvider.System);
        var url = new Uri("https://hooks.example.com/");

        Assert.That(await missing.FaultOf("demo", url, TimeSpan.FromSeconds(20), default), Is.Null);
        Assert.That(await slow.FaultOf("demo", url, TimeSpan.FromMilliseconds(50), default), Is.Null);
        Assert.That(await fine.FaultOf("demo", url, TimeSpan.FromSeconds(20), default), Is.Null);
        never.SetResult([]);
    }
}
