using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Operator;
using Pipeline.Storage;
using Pipeline.Tests.Webhooks;

namespace Pipeline.Tests.Operator;

/// <summary>Events and what became of their deliveries are kept 30 days.</summary>
public sealed class ForgetEventsTests
{
    [Test]
    public async Task What_is_over_30_days_old_is_removed_with_its_deliveries_and_nothing_else()
    {
        await using var receiver = await Receiver.Start();
        using var clocked = new ClockedDeliveries();
        var (account, _) = await clocked.Account("demo", receiver.Url("hook"));
        await clocked.Tables.CreateTableIfNotExistsAsync(StorageNames.AccountsTable);
        await clocked.Tables.GetTableClient(StorageNames.AccountsTable).AddEntityAsync(
            AccountKeys.AccountRow(account, "Demo", clocked.Time.GetUtcNow()));
        for (var n = 0; n < 5; n++)
        {
            await clocked.Happen(account, 30);
            await clocked.RunDue(() => 0);
        }

        clocked.Time.Move(TimeSpan.FromDays(1));
        await clocked.Happen(account, 3);
        await clocked.RunDue(() => 0);
        var forget = new ForgetEvents(clocked.Tables, clocked.Time, NullLogger<ForgetEvents>.Instance);

        clocked.Time.Move(TimeSpan.FromDays(29));
        await forget.Run(new TimerInfo(), default);
        Assert.That((await Numbers(), (await clocked.Done(account)).Count), Is.EqualTo((Enumerable.Range(1, 153), 153)).AsCollection);

        clocked.Time.Move(TimeSpan.FromSeconds(1));
        await forget.Run(new TimerInfo(), default);

        Assert.That(await Numbers(), Is.EqualTo(new[] { 151, 152, 153 }));
        Assert.That((await clocked.Done(account)).Select(delivery => delivery.Event.Number), Is.EqualTo(new[] { 151, 152, 153 }));
        Assert.That((await clocked.Happen(account, 1)).Single().Event.Number, Is.EqualTo(154), "numbers go on");

        // A delivery that was asked for again when its event was about to go, and is done when that has gone.
        await clocked.Tables.GetTableClient(StorageNames.LedgerTable).DeleteEntityAsync(account.Value, LedgerKeys.Event(152));
        await clocked.Tables.GetTableClient(StorageNames.LedgerTable).DeleteEntityAsync(account.Value, LedgerKeys.Event(151));
        await forget.Run(new TimerInfo(), default);
        Assert.That((await clocked.Done(account)).Select(delivery => delivery.Event.Number), Is.EqualTo(new[] { 153 }));

        async Task<IEnumerable<int>> Numbers() =>
            (await clocked.RowsOf(account, "event~")).Select(row => (int)Event.FromRow(row).Id.Number);
    }
}
