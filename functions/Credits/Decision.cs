using Azure.Data.Tables;

namespace Pipeline.Credits;

/// <summary>What to do to an account, decided from its balance alone: no await, no clock, so that it can be decided again.</summary>
public delegate Decision Decide(Balance balance);

/// <summary>The outcome of a <see cref="Decide"/>.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>Write these entries and rows in one transaction, or nothing.</summary>
    /// <param name="Transfers">In order, at least one; each must fit the balance after the one before.</param>
    /// <param name="Rows">Rows of the account's partition that change with them, each guarded as its verb needs (Add, or If-Match).</param>
    public sealed record Accept(IReadOnlyList<Transfer> Transfers, IReadOnlyList<TableTransactionAction> Rows) : Decision;

    /// <summary>Write nothing: the account has too few credits.</summary>
    public sealed record Insufficient(long Needed, long Available) : Decision;
}

/// <summary>What became of a decision.</summary>
public abstract record CommitResult
{
    private CommitResult()
    {
    }

    /// <summary>It is written, once.</summary>
    public sealed record Committed(IReadOnlyList<Entry> Entries, Balance Balance) : CommitResult;

    /// <summary>Nothing is written: the account has too few credits.</summary>
    public sealed record Insufficient(long Needed, long Available) : CommitResult;

    /// <summary>
    /// Nothing is written: a row of the decision was there already, is gone, or changed under it. Read it and decide anew.
    /// </summary>
    public sealed record RowConflict(string RowKey) : CommitResult;

    /// <summary>Nothing is written: there is no such account.</summary>
    public sealed record NoAccount : CommitResult;
}
