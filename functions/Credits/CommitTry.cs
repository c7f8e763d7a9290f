using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>Decisions folded into one transaction on the books as they were read: what is written, and what each then hears.</summary>
internal sealed class CommitTry
{
    /// <summary>The service's limit for one transaction.</summary>
    private const int ActionsMax = 100;

    private readonly AccountId account;
    private readonly List<TableTransactionAction> actions = [];
    private readonly List<PendingDecision?> owners = [];
    private readonly List<Entry> entries = [];
    private readonly HashSet<string> keys = new(StringComparer.Ordinal);

    /// <summary>Of events that no decision asked for; the next one that is settled is told.</summary>
    private readonly List<Delivery> unannounced = [];
    private readonly AccountRow from;
    private long events;
    private DateTimeOffset eventAt;
    private int bytes;

    private CommitTry(AccountId account, AccountRow from, DateTimeOffset now)
    {
        this.account = account;
        this.from = from;
        (events, eventAt) = (from.Events, from.EventAt);
        Before = from.Books.At(now);
        After = Before;
    }

    /// <summary>In each entry and event, so that the transaction can be told from any other.</summary>
    public string Id { get; } = Base32.Random(16);

    public Books Before { get; }

    public Books After { get; private set; }

    /// <summary>What those hear whose decisions are settled by this try, once it is written.</summary>
    public Dictionary<PendingDecision, CommitResult> Results { get; } = [];

    /// <summary>Those whose decision could not be taken, whatever the books say.</summary>
    public Dictionary<PendingDecision, Exception> Faults { get; } = [];

    /// <summary>What moves credits.</summary>
    public IReadOnlyList<Entry> Entries => entries;

    /// <summary>Whether there is anything to write.</summary>
    public bool HasWrites => HasEntries || events > from.Events;

    /// <summary>The key of a row that is there with <see cref="Id"/> in it if, and only if, the transaction was written.</summary>
    public string Proof => HasEntries ? LedgerKeys.Entry(After.Balance.Version) : LedgerKeys.Event(events);

    private bool HasEntries => After.Balance.Version > Before.Balance.Version;

    public bool HasRefusals => Results.Values.Any(result => result is CommitResult.Insufficient or CommitResult.OverLimit);

    /// <summary>Folds as many decisions as fit, in their order. Those that do not fit have neither result nor fault.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="from">The account's row as it is.</param>
    /// <param name="now">The time.</param>
    /// <param name="decisions">At least one.</param>
    public static CommitTry Fold(AccountId account, AccountRow from, DateTimeOffset now, IReadOnlyList<PendingDecision> decisions)
    {
        var fold = new CommitTry(account, from, now);
        // The account's row, which comes first.
        var row = AccountRow.From(account, fold.Before, from.Events, from.EventAt);
        fold.Add(new(TableTransactionActionType.UpdateMerge, row), owner: null);
        fold.AddExpired();
        foreach (var decision in decisions)
        {
            if (!fold.TryAdd(decision)) break;
        }

        return fold;
    }

    /// <summary>The transaction: the account's row under its ETag, then entries, rows and events.</summary>
    public IReadOnlyList<TableTransactionAction> Actions(ETag etag) =>
        [new(TableTransactionActionType.UpdateMerge, AccountRow.From(account, BooksAfter, events, eventAt), etag), .. actions.Skip(1)];

    /// <summary>Whether an account's row may be as this transaction left it, or later; if not, it was not written by then.</summary>
    public bool MayBeBehind(AccountRow row) => row.Books.Balance.Version >= After.Balance.Version && row.Events >= events;

    /// <summary>The account's row once this is written.</summary>
    public AccountRow RowAfter(ETag etag) => new(BooksAfter, null, etag) { Events = events, EventAt = eventAt, Wanted = from.Wanted };

    /// <summary>The books on the account's row: as the last entry left them, whatever time it is when an event is written.</summary>
    private Books BooksAfter => HasEntries ? After : from.Books;

    /// <summary>Whose row stands at a place of the transaction, and its key; null if it is the ledger's own.</summary>
    public (PendingDecision Decision, string RowKey)? OwnerOf(int? place) =>
        place is { } index && index > 0 && index < owners.Count && owners[index] is { } decision
            ? (decision, actions[index].Entity.RowKey)
            : null;

    /// <summary>Notes the ETags that the service gave the rows.</summary>
    public void Written(IReadOnlyList<Response> answers)
    {
        var etags = answers.Select(answer => answer.Headers.ETag).Zip(owners).ToLookup(pair => pair.Second, pair => pair.First);
        foreach (var (pending, result) in Results)
        {
            if (result is CommitResult.Committed committed) Results[pending] = committed with { RowETags = [.. etags[pending]] };
        }
    }

    /// <returns>Whether it is settled by this try; not if there is no room left.</returns>
    private bool TryAdd(PendingDecision pending)
    {
        try
        {
            switch (pending.Decide(After))
            {
                case Decision.Insufficient few:
                    Results[pending] = new CommitResult.Insufficient(few.Needed, few.Available);
                    return true;
                case Decision.OverLimit over:
                    Results[pending] = new CommitResult.OverLimit(over.Limit);
                    return true;
                case Decision.Accept accept:
                    return TryAdd(pending, accept);
                default:
                    throw new InvalidOperationException("Every decision is accepted or refused.");
            }
        }
        // The boundary of a decision: what is wrong with one must not keep the others from being written. Its caller hears of it.
        catch (Exception e)
        {
            Faults[pending] = e;
            return true;
        }
    }

    private bool TryAdd(PendingDecision pending, Decision.Accept accept)
    {
        if (accept.Transfers.Count == 0 && accept.Events.Count == 0 && accept.Rows.Count > 0)
            throw new InvalidOperationException("Rows without entry or event: whether they were written could not be told.");
        var (after, added) = Next(After, accept.Transfers);
        var (released, expired) = Next(after, after.Due());
        var told = Tell(released.RecordedAt);
        foreach (var happened in accept.Events) told.Add(happened);
        if (released.IsLow && !After.IsLow) told.Add(CreditsLow.Of(released));
        var size = accept.Rows.Sum(row => RowSize.Of(row.Entity)) + told.Rows.Sum(RowSize.Of)
            + ((added.Count + expired.Count) * RowSize.EntryMax);
        if (actions.Count + added.Count + expired.Count + accept.Rows.Count + told.Rows.Count > ActionsMax
            || bytes + size > RowSize.TransactionMax || accept.Rows.Any(row => keys.Contains(row.Entity.RowKey)))
        {
            if (Results.Count + Faults.Count > 0) return false;
            throw new InvalidOperationException($"A decision of {accept.Rows.Count} rows, some {size:N0} bytes, fits in no transaction.");
        }

        foreach (var entry in added.Concat(expired)) Add(entry);
        foreach (var row in accept.Rows) Add(row, pending);
        Add(told);
        After = released;
        Results[pending] = new CommitResult.Committed(added, after) { Deliveries = [.. unannounced, .. told.Deliveries] };
        unannounced.Clear();
        return true;
    }

    /// <summary>Before anything is decided: credits whose time is over cannot be held any more.</summary>
    private void AddExpired()
    {
        var (after, expired) = Next(After, After.Due());
        foreach (var entry in expired) Add(entry);
        if (after.IsLow && !After.IsLow)
        {
            var told = Tell(after.RecordedAt);
            told.Add(CreditsLow.Of(after));
            Add(told);
            unannounced.AddRange(told.Deliveries);
        }

        After = after;
    }

    private TellEvents Tell(DateTimeOffset now) => new(account, Id, from.Wanted, events, now > eventAt ? now : eventAt);

    private void Add(TellEvents told)
    {
        if (told.Rows.Count > 0) eventAt = told.At;
        foreach (var row in told.Rows) Add(new(TableTransactionActionType.Add, row), owner: null);
        events = told.Last;
    }

    private (Books After, List<Entry> Added) Next(Books before, IEnumerable<Transfer> transfers)
    {
        var added = new List<Entry>();
        foreach (var transfer in transfers)
        {
            added.Add(Entry.Next(before, transfer, Id));
            before = added[^1].After;
        }

        return (before, added);
    }

    private void Add(Entry entry)
    {
        entries.Add(entry);
        // Adding fails if the number is taken, so that an entry can never be overwritten.
        Add(new(TableTransactionActionType.Add, entry.ToRow(account)), owner: null);
    }

    private void Add(TableTransactionAction action, PendingDecision? owner)
    {
        actions.Add(action);
        owners.Add(owner);
        keys.Add(action.Entity.RowKey);
        bytes += RowSize.Of(action.Entity);
    }
}
