using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>Lets several processes write one account by turns, when one alone would keep the others out.</summary>
/// <remarks>
/// Who has just written knows the account's row and needs no read before the next transaction; who lost must read, and would lose again and
/// again to one that is busy. So the loser asks, by a mark on the row: the other's next transaction fails for it, and that one looks.
/// </remarks>
internal sealed class AccountTurns(AccountId account, TableClient table, TimeProvider time, Random random)
{
    /// <summary>Conflicts after which a process asks for a turn.</summary>
    public const int ConflictsBeforeAsking = 3;

    /// <summary>How long a process leaves the row to the one that asks: a few requests.</summary>
    private static readonly TimeSpan TurnTime = TimeSpan.FromMilliseconds(100);

    private readonly string process = Base32.Random(8);

    /// <summary>The account's row; if another process asks for it, after a moment in which that one may write.</summary>
    public async Task<AccountRow?> Read()
    {
        var row = await AccountRow.Read(table, account, CancellationToken.None);
        if (row?.Asks is not { } other || other == process) return row;
        await Task.Delay(TurnTime * (0.5 + (random.NextDouble() / 2)), time, CancellationToken.None);
        // Once only: it may be gone.
        return await AccountRow.Read(table, account, CancellationToken.None);
    }

    public async Task Ask() => await table.UpdateEntityAsync(
        AccountRow.Asking(account, process), ETag.All, TableUpdateMode.Merge, CancellationToken.None);
}
