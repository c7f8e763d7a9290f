using System.Diagnostics;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Storage;
using Pipeline.Tests.Credits;

namespace Pipeline.Tests.Telemetry;

public sealed class TransactionTests
{
    [Test]
    public async Task A_transaction_that_callers_share_is_of_no_callers_trace()
    {
        var (storage, account) = (Tests.Storage.NewAccount(), AccountId.Parse("demo"));
        await new TableServiceClient(storage).CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        var ledger = TestLedger.Of(storage);
        await ledger.Open(account, new Transfer(TransferKind.Grant, 100, "first"), default);
        using var caller = new Activity("the caller who came first").Start();
        Activity? seen = caller;

        await ledger.Commit(
            account,
            books =>
            {
                seen = Activity.Current;
                return new Decision.Accept([new Transfer(TransferKind.Grant, 1, "second")], []);
            },
            default);

        Assert.That(seen, Is.Null);
    }
}
