using Azure;
using Azure.Data.Tables;
using Pipeline.Events;

namespace Pipeline.Credits;

/// <summary>What to do to an account, decided from its books alone: no await, no clock, so that it can be decided again.</summary>
public delegate Decision Decide(Books books);

/// <summary>The outcome of a <see cref="Decide"/>.</summary>
public abstract record Decision
{
    private Decision()
    {
    }

    /// <summary>Write these entries and rows in one transaction, or nothing.</summary>
    /// <param name="Transfers">
    /// In order; each must fit the books after the one before. Their entries' numbers follow on from the books'.
    /// </param>
    /// <param name="Rows">Rows of the account's partition that change with them, each guarded as its verb needs (Add, or If-Match).</param>
    public sealed record Accept(IReadOnlyList<Transfer> Transfers, IReadOnlyList<TableTransactionAction> Rows) : Decision
    {
        /// <summary>What thereby happens. Without a transfer there must be one: by it is told whether the rows were written.</summary>
        public IReadOnlyList<NewEvent> Events { get; init; } = [];
    }

    /// <summary>Write nothing: the account has too few credits.</summary>
    public sealed record Insufficient(long Needed, long Available) : Decision;

    /// <summary>Write nothing: the account may not do so much.</summary>
    public sealed record OverLimit(LimitReached Limit) : Decision;
}

/// <summary>What became of a decision.</summary>
public abstract record CommitResult
{
    private CommitResult()
    {
    }

    /// <summary>It is written, once.</summary>
    /// <param name="Entries">Of its transfers.</param>
    /// <param name="Books">After them.</param>
    public sealed record Committed(IReadOnlyList<Entry> Entries, Books Books) : CommitResult
    {
        /// <summary>Of the decision's rows, in their order; empty if it was learned only by reading back that they are written.</summary>
        public IReadOnlyList<ETag?> RowETags { get; init; } = [];

        /// <summary>
        /// Who is to be told of its events. They are in the outbox: its verb should announce them, and the sweeper does if it does not.
        /// </summary>
        public IReadOnlyList<Delivery> Deliveries { get; init; } = [];
    }

    /// <summary>Nothing is written: the account has too few credits.</summary>
    public sealed record Insufficient(long Needed, long Available) : CommitResult;

    /// <summary>Nothing is written: the account may not do so much.</summary>
    public sealed record OverLimit(LimitReached Limit) : CommitResult;

    /// <summary>
    /// Nothing is written: a row of the decision was there already, is gone, or changed under it. Read it and decide anew.
    /// </summary>
    public sealed record RowConflict(string RowKey) : CommitResult;

    /// <summary>Nothing is written: there is no such account.</summary>
    public sealed record NoAccount : CommitResult;
}
