using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
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
    private readonly HashSet<string> keys = new(StringComparer.Ordinal);
    private int bytes;

    private CommitTry(AccountId account, Books before)
    {
        this.account = account;
        Before = before;
        After = before;
    }

    /// <summary>In each entry, so that the transaction can be told from any other.</summary>
    public string Id { get; } = Base32.Random(16);

    public Books Before { get; }

    public Books After { get; private set; }

    /// <summary>What those hear whose decisions are settled by this try, once it is written.</summary>
    public Dictionary<PendingDecision, CommitResult> Results { get; } = [];

    /// <summary>Those whose decision could not be taken, whatever the books say.</summary>
    public Dictionary<PendingDecision, Exception> Faults { get; } = [];

    public bool HasEntries => After.Balance.Version > Before.Balance.Version;

    public bool HasRefusals => Results.Values.Any(result => result is CommitResult.Insufficient or CommitResult.OverLimit);

    /// <summary>Folds as many decisions as fit, in their order. Those that do not fit have neither result nor fault.</summary>
    /// <param name="account">Whose.</param>
    /// <param name="books">As they are now.</param>
    /// <param name="decisions">At least one.</param>
    public static CommitTry Fold(AccountId account, Books books, IReadOnlyList<PendingDecision> decisions)
    {
        var fold = new CommitTry(account, books);
        // The account's row, which comes first.
        fold.Add(new(TableTransactionActionType.UpdateMerge, AccountRow.From(account, books)), owner: null);
        fold.AddExpired();
        foreach (var decision in decisions)
        {
            if (!fold.TryAdd(decision)) break;
        }

        return fold;
    }

    /// <summary>The transaction: the account's row under its ETag, then entries and rows.</summary>
    public IReadOnlyList<TableTransactionAction> Actions(ETag etag) =>
        [new(TableTransactionActionType.UpdateMerge, AccountRow.From(account, After), etag), .. actions.Skip(1)];

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
        if (accept.Transfers.Count == 0 && accept.Rows.Count > 0)
            throw new InvalidOperationException("Rows without an entry: whether they were written could not be told.");
        var (after, entries) = Entries(After, accept.Transfers);
        var (released, expired) = Entries(after, after.Due());
        var size = accept.Rows.Sum(row => RowSize.Of(row.Entity)) + (entries.Count + expired.Count) * RowSize.EntryMax;
        if (actions.Count + entries.Count + expired.Count + accept.Rows.Count > ActionsMax || bytes + size > RowSize.TransactionMax
            || accept.Rows.Any(row => keys.Contains(row.Entity.RowKey)))
        {
            if (Results.Count + Faults.Count > 0) return false;
            throw new InvalidOperationException($"A decision of {accept.Rows.Count} rows, some {size:N0} bytes, fits in no transaction.");
        }

        foreach (var entry in entries.Concat(expired)) Add(entry);
        foreach (var row in accept.Rows) Add(row, pending);
        After = released;
        Results[pending] = new CommitResult.Committed(entries, after);
        return true;
    }

    /// <summary>Before anything is decided: credits whose time is over cannot be held any more.</summary>
    private void AddExpired()
    {
        var (after, expired) = Entries(After, After.Due());
        foreach (var entry in expired) Add(entry);
        After = after;
    }

    private (Books After, List<Entry> Entries) Entries(Books before, IEnumerable<Transfer> transfers)
    {
        var entries = new List<Entry>();
        foreach (var transfer in transfers)
        {
            entries.Add(Entry.Next(before, transfer, Id));
            before = entries[^1].After;
        }

        return (before, entries);
    }

    // Adding fails if the number is taken, so that an entry can never be overwritten.
    private void Add(Entry entry) => Add(new(TableTransactionActionType.Add, entry.ToRow(account)), owner: null);

    private void Add(TableTransactionAction action, PendingDecision? owner)
    {
        actions.Add(action);
        owners.Add(owner);
        keys.Add(action.Entity.RowKey);
        bytes += RowSize.Of(action.Entity);
    }
}
