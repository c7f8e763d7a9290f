using Azure.Storage.Queues;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>A worker whose storage goes away in the middle of its work: that is no fault of the message.</summary>
public sealed class StorageAwayTests
{
    [Test]
    public async Task A_manifests_message_is_sent_again_too()
    {
        await using var faulty = await FaultyApp.Start(
            FaultSeed.Next(), null, ("AzureFunctionsJobHost__extensions__queues__maxDequeueCount", "1"),
            ("Jobs__LeaseDuration", "00:00:12"));
        var account = await faulty.App.NewAccount(credits: 10);
        var id = await account.PostManifest("""[{"prompt":"A ferry that waits for the fog to lift [[slow:2]]","model":"512"}]""");
        await Account.Until(() => Task.FromResult(faulty.App.ImageApi.Stats.InFlight), calls => calls == 1);

        faulty.Network.Tables.Cut();
        // Longer than what the storage clients try by themselves, and than the longest wait between two turns.
        await Task.Delay(TimeSpan.FromSeconds(20));
        faulty.Network.Tables.Mend();

        // As the timer does every minute: it also finds what the host gave up meanwhile.
        var ended = await Account.Until(
            async () =>
            {
                await faulty.App.Sweep();
                return await account.GetJson($"v1/manifests/{id}");
            },
            Account.IsFinished);
        Assert.That(ManifestTests.Count(ended, "succeeded"), Is.EqualTo("1"));
        using var kept = await faulty.App.Operator(HttpMethod.Get, "v1/operator/poison");
        Assert.That(await kept.Content.ReadAsStringAsync(), Does.Contain("\"data\":[]"));
    }

    [Test]
    public async Task The_message_is_sent_again_though_the_host_would_give_it_up()
    {
        await using var faulty = await FaultyApp.Start(
            FaultSeed.Next(), null, ("AzureFunctionsJobHost__extensions__queues__maxDequeueCount", "1"),
            ("Jobs__LeaseDuration", "00:00:12"));
        var account = await faulty.App.NewAccount(credits: 10);
        var id = await account.Submit(new { prompt = "A ferry that waits for the fog to lift [[slow:2]]", model = "512" });
        await Account.Until(() => Task.FromResult(faulty.App.ImageApi.Stats.InFlight), calls => calls == 1);

        faulty.Network.Tables.Cut();
        // Longer than the call and what the storage clients try by themselves.
        await Task.Delay(TimeSpan.FromSeconds(20));
        faulty.Network.Tables.Mend();

        var job = await account.Finished(id);
        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        var poison = await new QueueClient(faulty.App.Storage, "images-standard-poison").GetPropertiesAsync();
        Assert.That(poison.Value.ApproximateMessagesCount, Is.Zero);
        using var kept = await faulty.App.Operator(HttpMethod.Get, "v1/operator/poison");
        Assert.That(await kept.Content.ReadAsStringAsync(), Does.Contain("\"data\":[]"));
        await Invariants.Hold(account, id);
    }
}
