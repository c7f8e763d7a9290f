using System.Text.Json;
using Local.Up;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>Many deliveries over three days of a hand-moved clock, to endpoints that fail in every way.</summary>
public sealed class DeliveryStormTests
{
    private const int EventsPerAccount = 32;

    /// <summary>A queue counts in seconds.</summary>
    private static readonly TimeSpan Rounding = TimeSpan.FromSeconds(1);

    private static readonly EndpointFault[] Faults = Enum.GetValues<EndpointFault>();

    [TestCase(11)]
    [TestCase(313, Category = "Long", Explicit = true, Reason = "10,016 deliveries; takes some minutes, see docs/operations.md.")]
    public async Task Every_event_is_delivered_or_listed_as_failed_by_the_schedule_under_one_id_and_signed(int accounts)
    {
        using var clocked = new ClockedDeliveries();
        var began = clocked.Time.GetUtcNow();
        var endpoint = new UnreliableEndpoint(clocked.Time);
        await using var receiver = await Receiver.Start(endpoint.Answer);
        // Nobody listens there for three days.
        var deadPort = FreePorts.Find();
        Receiver? back = null;
        var all = new List<(AccountId Account, EndpointFault Fault, WebhookSecret Secret, IReadOnlyList<Delivery> Deliveries)>();
        for (var number = 0; number < accounts; number++)
        {
            var fault = Faults[number % Faults.Length];
            var address = fault == EndpointFault.DeadFor72Hours ? $"http://127.0.0.1:{deadPort}" : receiver.Address;
            var (account, secret) = await clocked.Account($"acc-{number}", $"{address}/{fault}/{number}");
            all.Add((account, fault, secret, await clocked.Happen(account, EventsPerAccount)));
        }

        await clocked.RunDry(() => endpoint.Hanging, async now =>
        {
            if (back is null && now - began >= TimeSpan.FromHours(72)) back = await Receiver.Start(endpoint.Answer, deadPort);
        });

        IReadOnlyList<ReceivedDelivery> received = [.. receiver.Received, .. back!.Received];
        await back.DisposeAsync();
        var byId = received.ToLookup(delivery => delivery.Id);
        Assert.Multiple(() => EachKeepsItsIdAndBody(byId));
        KeepsTheSchedule(clocked.Queue, endpoint);
        foreach (var (account, fault, secret, deliveries) in all)
        {
            Assert.That(await clocked.Pending(account), Is.Empty, $"{fault}");
            var done = await clocked.Done(account);
            Assert.That(done.Select(delivery => delivery.Id), Is.EquivalentTo(deliveries.Select(delivery => delivery.Id)), $"{fault}");
            foreach (var delivery in done) IsAsItsEndpointIs(fault, delivery, endpoint);
            await EndpointIsAsItShouldBe(clocked, account, fault);
            var own = byId.Where(tries => deliveries.Any(delivery => delivery.Event.Value == tries.Key)).SelectMany(tries => tries);
            // Of each fault one account's, in the other language; the signatures of all are made by the same few lines.
            if (all.First(one => one.Fault == fault).Account == account)
                Assert.That(await OtherVerifier.Verify(own, secret.Value), Is.All.EqualTo("ok"), $"{fault}");
        }

        await TestContext.Progress.WriteLineAsync(
            $"{accounts * EventsPerAccount} deliveries: {received.Count} tries came, the clock was moved by "
            + $"{(clocked.Time.GetUtcNow() - began).TotalHours:0.0} hours.");
    }

    private static void EachKeepsItsIdAndBody(ILookup<string, ReceivedDelivery> byId)
    {
        foreach (var tries in byId)
            Assert.That(tries.Select(attempt => attempt.Body).Distinct().Count(), Is.EqualTo(1), tries.Key);
        var subjects = byId.Select(tries => tries.First().Json.GetProperty("data").GetProperty("id").GetString()).ToList();
        Assert.That(subjects, Is.Unique, "no two events have one id");
    }

    /// <summary>Each message waits as long as the schedule says, or as long as was asked for; and no try comes before its time.</summary>
    private static void KeepsTheSchedule(ClockedQueue queue, UnreliableEndpoint endpoint)
    {
        var messages = queue.Sent
            .Select(sent => (Message: JsonSerializer.Deserialize<DeliveryMessage>(sent.Text, Json.Options)!, sent.Delay, sent.VisibleAt));
        foreach (var delivery in messages.GroupBy(sent => sent.Message.Delivery))
        {
            var turns = delivery.OrderBy(sent => sent.Message.Turn).ToList();
            Assert.That(turns.Select(sent => sent.Message.Turn), Is.EqualTo(Enumerable.Range(0, turns.Count)), "one message a try");
            Assert.That(turns, Has.Count.LessThanOrEqualTo(1 + DeliverySchedule.Delays.Count));
            Assert.That(turns[0].Delay, Is.EqualTo(TimeSpan.Zero));
            Assert.That(DeliveryId.TryParse(delivery.Key, out var id));
            var came = endpoint.Came.TryGetValue(id.Event.Value, out var times) ? times.ToList() : [];
            for (var turn = 1; turn < turns.Count; turn++)
            {
                var (planned, delay) = (DeliverySchedule.Delays[turn - 1], turns[turn].Delay);
                var isAsked = delay >= UnreliableEndpoint.RetryAfter - TimeSpan.FromSeconds(1)
                    && delay <= UnreliableEndpoint.RetryAfter + Rounding && planned < UnreliableEndpoint.RetryAfter;
                Assert.That(
                    isAsked || (delay >= planned && delay <= (planned * (1 + DeliverySchedule.Jitter)) + Rounding), Is.True,
                    $"{delivery.Key}, turn {turn}: {delay} instead of {planned}");
                if (came.Count != turns.Count) continue;
                Assert.That(came[turn], Is.GreaterThanOrEqualTo(turns[turn].VisibleAt), "not before its time");
            }
        }
    }

    private static void IsAsItsEndpointIs(EndpointFault fault, Delivery delivery, UnreliableEndpoint endpoint)
    {
        var id = delivery.Event.Value;
        var failures = fault switch
        {
            EndpointFault.None => 0,
            EndpointFault.Gone => 1,
            EndpointFault.AlwaysFails => 10,
            EndpointFault.DeadFor72Hours => 9,
            _ => UnreliableEndpoint.FailuresOf(id),
        };
        var isDelivered = fault is not (EndpointFault.Gone or EndpointFault.AlwaysFails);
        Assert.That(delivery.State, Is.EqualTo(isDelivered ? DeliveryState.Delivered : DeliveryState.Failed), $"{fault}");
        Assert.That(endpoint.Taken.GetValueOrDefault(id), Is.EqualTo(isDelivered ? 1 : 0), $"{fault}");
        Assert.That(delivery.Attempts.Count(attempt => attempt.Detail is not null), Is.EqualTo(failures), $"{fault}");
        Assert.That(delivery.Attempts, Has.Count.EqualTo(failures + (isDelivered ? 1 : 0)), $"{fault}");
        var expected = fault switch
        {
            EndpointFault.Status500 or EndpointFault.AlwaysFails => "It answered 500.",
            EndpointFault.Timeout or EndpointFault.SlowBody => $"It did not answer within {CallEndpoint.Limit.TotalSeconds} s.",
            EndpointFault.Redirect => "It answered 301: redirects are not followed.",
            EndpointFault.Reset => "It broke off in the middle of its answer.",
            EndpointFault.RetryAfterSeconds => "It answered 429.",
            EndpointFault.RetryAfterDate => "It answered 503.",
            EndpointFault.DeadFor72Hours => "It cannot be connected to.",
            // Those that were under way together were answered; the others found it disabled.
            EndpointFault.Gone => delivery.Attempts[0].Detail,
            _ => null,
        };
        Assert.That(delivery.Attempts.Take(failures).Select(attempt => attempt.Detail), Is.All.EqualTo(expected), $"{fault}");
    }

    private static async Task EndpointIsAsItShouldBe(ClockedDeliveries clocked, AccountId account, EndpointFault fault)
    {
        var webhook = (await clocked.Webhooks.Find(account, default))!;
        var types = (await clocked.RowsOf(account, "event~")).Select(row => Event.FromRow(row).Type)
            .Where(type => type != "job.succeeded");
        var isGone = fault == EndpointFault.Gone;
        Assert.That(webhook.Status, Is.EqualTo(isGone ? WebhookStatus.Disabled : WebhookStatus.Enabled), $"{fault}");
        Assert.That(types, Is.EqualTo(isGone ? [EventTypes.WebhookDisabled] : Array.Empty<string>()), $"{fault}");
        var isFailing = fault is EndpointFault.Gone or EndpointFault.AlwaysFails;
        Assert.That(webhook.FailingSince is not null, Is.EqualTo(isFailing), $"{fault}");
    }
}
