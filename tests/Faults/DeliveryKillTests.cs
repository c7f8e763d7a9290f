using System.Text.RegularExpressions;
using Pipeline.Events;
using Pipeline.Tests.Apps;
using Pipeline.Tests.Webhooks;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Faults;

/// <summary>The app is killed between the end of a job and the note that its event was delivered: it is delivered all the same.</summary>
public sealed partial class DeliveryKillTests
{
    private static readonly TimeSpan TimeLimit = TimeSpan.FromSeconds(60);

    [TestCase(4)]
    [TestCase(50, Category = "Long", Explicit = true, Reason = "Takes some minutes; see docs/operations.md.")]
    public async Task After_a_kill_and_a_restart_the_event_is_delivered_under_one_id_and_listed_so(int trials)
    {
        await using var receiver = await Receiver.Start();
        await using var faulty = await FaultyApp.Start(
            FaultSeed.Next(), null, ("Jobs__LeaseDuration", "00:00:02"), ("Jobs__ResendAfter", "00:00:01"),
            ("Outgoing__AllowLoopback", "true"));
        var account = await faulty.App.NewAccount(credits: trials * 4);
        var jobs = new HashSet<string>();
        for (var trial = 0; trial < trials; trial++) jobs.Add(await OneTrial(faulty, account, receiver, trial));

        await Invariants.Hold(account, jobs);
        var ids = receiver.Received.ToLookup(
            delivery => delivery.Json.GetProperty("data").GetProperty("id").GetString()!, delivery => delivery.Id);
        Assert.That(ids.Select(job => job.Key), Is.EquivalentTo(jobs));
        Assert.That(ids.Select(job => job.Distinct().Count()), Is.All.EqualTo(1), "one id, however often");
        var table = new DeliveryTable(new Azure.Data.Tables.TableServiceClient(faulty.App.Storage));
        foreach (var id in ids.Select(job => job.First()))
        {
            var delivery = await table.Find(
                Pipeline.Accounts.AccountId.Parse(account.Id), DeliveryId.Of(EventId.Parse(id), DeliveryTarget.Own), default);
            Assert.That(delivery?.State, Is.EqualTo(DeliveryState.Delivered));
        }

        await TestContext.Progress.WriteLineAsync($"Killed {trials} times: {receiver.Received.Count} deliveries came of {trials} events.");
    }

    private static async Task<string> OneTrial(FaultyApp faulty, Account account, Receiver receiver, int trial)
    {
        var killed = Trip(faulty.Network, trial, () => faulty.App.Process.Kill());
        var prompt = $"A red fox in the snow of {1900 + trial}";
        var fields = new { prompt, model = "512", webhook_url = receiver.Url("own") };
        var job = await PatientCaller.Submit(account, fields, key: prompt);
        await killed.Sprung.WaitAsync(TimeLimit);
        await faulty.App.Restart();

        await Account.Until(
            async () =>
            {
                // As the timer does every minute.
                await faulty.App.Sweep();
                var pending = await account.GetJson("v1/webhook/deliveries?status=pending");
                return (Pending: pending.GetProperty("data").GetArrayLength(), Came: receiver.Received.Any(Is));
            },
            found => found is (0, true));
        return job;

        bool Is(ReceivedDelivery delivery) => delivery.Body.Contains(job, StringComparison.Ordinal);
    }

    /// <summary>Before and after the message is sent, and before and after it is noted that the event was delivered.</summary>
    private static Tripwire Trip(FaultyNetwork network, int trial, Func<Task> kill)
    {
        var at = trial % 2 == 0 ? TripAt.Before : TripAt.After;
        return trial % 4 < 2
            ? network.Queues.Trip(
                request => request.Method == "POST" && request.Path.EndsWith("/webhooks/messages", StringComparison.Ordinal), at, kill)
            : network.Tables.Trip(request => LeavesTheOutbox().IsMatch(request.Body), at, kill);
    }

    [GeneratedRegex(@"^DELETE \S*out(~|%7E)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex LeavesTheOutbox();
}
