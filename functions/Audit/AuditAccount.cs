using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>What was found in an account's books.</summary>
/// <param name="Checks">All that were made, and those that could not be.</param>
/// <param name="Checkpoint">Where a later audit may begin; null if the books are wrong or empty, or there is no key to sign with.</param>
public sealed record Audited(IReadOnlyList<Check> Checks, string? Checkpoint)
{
    /// <summary>The last entry of books that are right; null if they are wrong or empty.</summary>
    internal Checkpoint? Reached { get; init; }

    public bool IsRight => Checks.All(check => check.Ok);
}

/// <summary>Proves an account's books, from its first entry or a checkpoint on: a stream, in memory only what is open.</summary>
public sealed class AuditAccount(
    TableServiceClient tables, BlobServiceClient blobs, JobRow jobs, AuditOptions options, TimeProvider time)
{
    private const string NoBooks =
        "the account is listed without books: import them from a backup, docs/azure.md; if there is none, open it again";

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);
    private readonly BlobContainerClient outputs = blobs.GetBlobContainerClient(StorageNames.OutputsContainer);

    /// <param name="account">Whose books.</param>
    /// <param name="from">Where to begin; null for entry 1.</param>
    /// <param name="withImages">Whether to look at the blobs and at all of each job, too.</param>
    /// <param name="cancel">Gives up.</param>
    internal async Task<Audited> Run(AccountId account, Checkpoint? from, bool withImages, CancellationToken cancel)
    {
        AccountRow? row;
        try
        {
            row = await AccountRow.Read(table, account, cancel);
        }
        catch (Exception e) when (RowValues.IsDamage(e))
        {
            return new Audited([new Check("account_row", false, $"the account's row is damaged: {e.Message}")], null);
        }

        if (row is null) return new Audited([new Check("account_row", false, NoBooks)], null);

        var (books, walk) = (row.Books.WithoutLimits, new WalkEntries(table, account));
        if (await Start(walk, from, cancel) is not { } start) return new Audited([NotTheSame(from!)], null);

        var claims = new Claims(table, account, walk) { After = start.Balance.Version, UpTo = books.Balance.Version };
        var (chain, last) = await walk.Run(start, books.Balance.Version, entry => claims.Add(entry, cancel), cancel);
        chain = await Ends(chain, walk, account, books.Balance.Version, cancel);
        var checks = new List<Check> { chain, Sound(books), Matches(books, last) };

        var holds = new OpenHolds(table, account);
        var images = withImages ? new AuditImages(table, outputs, account) : null;
        var damaged = new List<string>();
        checks.Add(await holds.Read(time.GetUtcNow(), cancel));
        await claims.Read(
            (job, whole) =>
            {
                holds.Meet(job);
                images?.Add(job);
                if (withImages && Damage(whole) is { } fault) damaged.Add(fault);
            },
            holds.Meet, withImages ? null : AuditedJob.Columns, cancel);
        checks.Add(claims.RowsCheck());
        checks.Add(await holds.Compare(cancel));
        checks.Add(chain.Ok ? await claims.Compare(cancel) : Check.NotMade("entries_claimed", "the entries are wrong before that"));
        checks.Add(await CountEvents.Run(table, account, row.Events, cancel));
        if (images is not null) checks.Add(await images.Compare(cancel));
        if (withImages) checks.Add(Check.Of("jobs_readable", "each job can be read", damaged));

        var isRight = checks.All(check => check.Ok);
        var reached = isRight && last.Balance.Version > 0 ? new Checkpoint(last.Balance.Version, last.Head) : null;
        return new Audited(checks, options.CheckpointKey.Length > 0 ? reached?.Sign(account, options.CheckpointKey) : null)
        {
            Reached = reached,
        };
    }

    /// <summary>The books to begin with: those of the checkpoint's entry, whose hash proves them; null if it is another one now.</summary>
    private static async Task<Books?> Start(WalkEntries walk, Checkpoint? from, CancellationToken cancel)
    {
        if (from is null) return Books.Empty;
        if (await walk.Read(from.Version, cancel) is not { } entry || entry.Hash != from.Hash) return null;
        var previous = from.Version > 1 ? (await walk.Read(from.Version - 1, cancel))?.Hash : "";
        return previous is not null && EntryHash.Of(previous, entry) == from.Hash ? entry.After : null;
    }

    /// <summary>A history that was cut off would be right: so nothing may follow what the account says is its last entry.</summary>
    private async Task<Check> Ends(Check chain, WalkEntries walk, AccountId account, long last, CancellationToken cancel)
    {
        if (!chain.Ok || await walk.Read(last + 1, cancel) is null) return chain;
        // An entry that was added meanwhile came with its balance.
        return (await AccountRow.Read(table, account, cancel))?.Books.Balance.Version > last ? chain : new Check(
            "entries_chain", false, $"entry {last + 1} is there, and the account says that its last is {last}", Entry: last + 1);
    }

    private static Check NotTheSame(Checkpoint from) => new(
        "entries_chain", false, $"entry {from.Version} is not the one that the checkpoint was given for", Entry: from.Version);

    private static Check Sound(Books books) => new(
        "balance_sound", books.Balance.IsSound,
        $"granted {books.Balance.Granted} = available {books.Balance.Available} + held {books.Balance.Held} + spent {books.Balance.Spent}, "
        + "none negative");

    private static Check Matches(Books said, Books last) => said == last
        ? new("balance_matches_entries", true, $"the account says what its {last.Balance.Version} entries say")
        : new(
            "balance_matches_entries", false,
            $"the account says {WalkEntries.Short(said)}, its entries up to {last.Balance.Version} say {WalkEntries.Short(last)}");

    private string? Damage(TableEntity row)
    {
        try
        {
            jobs.Read(row, JobId.OfRow(row.RowKey));
            return null;
        }
        // Whatever the reader cannot read is the finding.
        catch (Exception e)
        {
            return $"{row.RowKey}: {e.Message}";
        }
    }
}
