using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Apps;

/// <summary>An endpoint that never answers, on a running app: it has its places, and the others theirs.</summary>
public sealed class DeadEndpointTests() : AppTests(credits: 10, ("Outgoing__AllowLoopback", "true"))
{
    private const int Events = 40;

    [TestCase(1, 4, Description = "The setting for an endpoint")]
    [TestCase(Events, 8, Description = "The setting for an account, each event to an endpoint of its own")]
    public async Task It_takes_only_the_places_it_may_and_others_are_told_meanwhile(int endpoints, int placesMax)
    {
        var (peak, gate) = (0, new Lock());
        await using var dead = new Holders();
        for (var n = 0; n < endpoints; n++) await dead.Add();
        var ids = new List<string>();
        account = await app.NewAccount(credits: Events * 4);
        for (var n = 0; n < Events; n++)
            ids.Add(await account.HoldWithoutMessage(Request() with { WebhookUrl = dead.Url(n % endpoints) }));
        await Task.WhenAll(ids.Select(account.Cancel));
        await Account.Until(() => Task.FromResult(Peak()), calls => calls >= placesMax);

        await using var healthy = await Receiver.Start();
        var other = await app.NewAccount(credits: 10);
        await other.Cancel(await other.HoldWithoutMessage(Request() with { WebhookUrl = healthy.Url("own") }));
        await Account.Until(() => Task.FromResult(Math.Min(Peak(), healthy.Received.Count)), count => count == 1);

        Assert.That(Peak(), Is.EqualTo(placesMax));

        int Peak()
        {
            lock (gate) return peak = Math.Max(peak, dead.Calls);
        }
    }

    private static Pipeline.Jobs.JobRequest Request() => new() { Prompt = "A cat", Model = Pipeline.Images.Catalogue.Load().Default };

    /// <summary>Receivers that hold each call.</summary>
    private sealed class Holders : IAsyncDisposable
    {
        private readonly List<Receiver> receivers = [];

        public int Calls => receivers.Sum(receiver => receiver.Calls);

        public async Task Add() => receivers.Add(await Receiver.Start((http, _) => Receiver.Hang(http)));

        public string Url(int number) => receivers[number].Url("hook");

        public async ValueTask DisposeAsync()
        {
            foreach (var receiver in receivers) await receiver.DisposeAsync();
        }
    }
}
