using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Audit;
using Pipeline.Credits;
using Pipeline.Storage;

namespace Pipeline.Tests.Audit;

/// <summary>Whoever changes, adds or removes a row of the books, behind the app's back, is found.</summary>
public sealed class TamperTests
{
    /// <summary>What is no part of the books: on the account's row its limits, on an open hold when the sweeper looks at it.</summary>
    private static readonly string[] Unproved =
    [
        "OpenedBy", "LimitCreditsPerDay", "LimitOpenJobs", "LimitRequestsPerMinute", "LimitCreditsLow", "WebhookEvents", "EventAt", "Asks",
        "Due", "Left",
    ];

    /// <summary>Of a job's row, what its credits and images are. Its words and times are no part of the books.</summary>
    private static readonly string[] OfJobs =
        ["Status", "Model", "Num", "Held", "Captured", "Released", "HeldBy", "SettledBy", "Delivered", "Images"];

    private AuditedApp app = null!;
    private TableEntity account = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await AuditedApp.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [SetUp]
    public async Task The_books_are_right() => Assert.That(await app.Faults(), Is.Empty);

    [TearDown]
    public async Task All_is_put_back() => Assert.That(await app.Faults(), Is.Empty);

    [TestCase("account", 1)]
    [TestCase("entry~", 14)]
    [TestCase("open~", 1)]
    [TestCase("move~", 4)]
    [TestCase("job~", 5)]
    public async Task A_value_that_was_changed_or_removed_is_found(string prefix, int rowsMin)
    {
        var missed = new List<string>();
        var rows = await app.Rows(prefix);
        foreach (var row in rows)
        {
            // A job that captured nothing has no images, however that is written, and how many it asked for moved nothing.
            string[] without = row.GetString("Images") == "[]" ? ["Images", "Num"] : [];
            foreach (var name in Proved(row).Except(without))
            {
                foreach (var value in Others(row[name]))
                {
                    var faults = await app.FaultsAfter(row, changed =>
                    {
                        if (value is null) changed.Remove(name);
                        else changed[name] = value;
                        return app.Replace(changed);
                    });
                    if (faults.Length == 0) missed.Add($"{row.RowKey} {name}: {row[name]} -> {value ?? "nothing"}");
                }
            }
        }

        Assert.That(rows, Has.Count.GreaterThanOrEqualTo(rowsMin));
        Assert.That(missed, Is.Empty, () => string.Join(Environment.NewLine, missed));
    }

    [TestCase("account")]
    [TestCase("entry~")]
    [TestCase("open~")]
    [TestCase("move~")]
    [TestCase("job~")]
    [TestCase("manifest~")]
    public async Task A_value_of_another_type_does_not_keep_the_audit_from_its_report(string prefix)
    {
        string[] keys = ["PartitionKey", "RowKey", "Timestamp", "odata.etag"];
        var row = (await app.Rows(prefix))[0];
        foreach (var name in row.Keys.Except(keys))
        {
            Assert.DoesNotThrowAsync(
                () => app.FaultsAfter(row, changed =>
                {
                    changed[name] = row[name] is string ? 7 : "seven";
                    return app.Replace(changed);
                }),
                name);
        }
    }

    [TestCase("account")]
    [TestCase("entry~")]
    [TestCase("open~")]
    [TestCase("move~")]
    [TestCase("job~")]
    [TestCase("manifest~")]
    public async Task A_row_that_was_removed_is_found(string prefix)
    {
        foreach (var row in await app.Rows(prefix))
        {
            var faults = await app.FaultsAfter(row, removed => app.Table.DeleteEntityAsync(removed.PartitionKey, removed.RowKey));
            Assert.That(faults, Is.Not.Empty, row.RowKey);
        }
    }

    /// <summary>The account could not write its next one.</summary>
    [Test]
    public async Task An_entry_behind_the_last_one_is_found()
    {
        var last = (await app.Rows("entry~"))[^1];
        var next = new TableEntity(last) { RowKey = LedgerKeys.Entry(LedgerKeys.EntryVersion(last.RowKey) + 1) };
        await app.Table.AddEntityAsync(next);
        var faults = await app.Faults();
        await app.Table.DeleteEntityAsync(next.PartitionKey, next.RowKey);

        Assert.That(faults, Does.Contain("is there, and the account says that its last is"));
    }

    [Test]
    public async Task A_hold_that_no_sweep_would_ever_look_at_is_found()
    {
        var faults = await app.FaultsAfter((await app.Rows("open~")).Single(), changed =>
        {
            changed["Due"] = DateTimeOffset.UtcNow.AddDays(9);
            return app.Replace(changed);
        });

        Assert.That(faults, Does.Contain("will not be looked at before"));
    }

    [Test]
    public async Task The_first_entry_that_is_wrong_is_named()
    {
        var entries = await app.Rows("entry~");
        foreach (var place in (int[])[0, 4, entries.Count - 1])
        {
            var row = new TableEntity(entries[place]) { ["Reference"] = "another" };
            await app.Replace(row);
            var found = await app.Audit();
            await app.Replace(entries[place]);

            Assert.That(found.Checks.Single(check => check.Name == "entries_chain").Entry, Is.EqualTo(place + 1));
            Assert.That(found.Checkpoint, Is.Null);
        }
    }

    [Test]
    public async Task A_row_that_claims_another_entry_is_found_with_the_one_that_nobody_claims()
    {
        var hold = (await app.Rows("job~")).First(row => row.ContainsKey("HeldBy"));

        var faults = await app.FaultsAfter(hold, changed =>
        {
            changed["HeldBy"] = 1L;
            return app.Replace(changed);
        });

        Assert.That(faults, Does.Contain("claimed by no row").And.Contain("claimed, and not so"));
    }

    [Test]
    public async Task A_history_that_was_written_anew_with_right_hashes_is_found_by_whoever_kept_a_checkpoint()
    {
        var kept = Checkpoint.Read((await app.Audit()).Checkpoint!, AccountId.Parse(app.Account.Id), AuditedApp.CheckpointKey)!;
        var rows = await app.Rows("entry~");
        await Rewrite(
            rows, entry => entry.Transfer.Reference == "refund" ? entry.Transfer with { Reason = "kept for us" } : entry.Transfer);

        var (anew, fromKept) = (await app.Faults(), await app.Faults(kept));

        foreach (var row in rows) await app.Replace(row);
        await app.Table.UpsertEntityAsync(account, TableUpdateMode.Replace);
        Assert.That(anew, Is.Empty, "nothing inside the table tells");
        Assert.That(fromKept, Does.Contain($"entry {rows.Count} is not the one that the checkpoint was given for"));
    }

    /// <summary>As somebody would who may write the table and knows how hashes are made.</summary>
    private async Task Rewrite(List<TableEntity> rows, Func<Entry, Transfer> change)
    {
        account = (await app.Rows("account")).Single();
        var books = Books.Empty;
        foreach (var entry in rows.Select(Entry.FromRow))
        {
            var anew = Entry.Next(books.At(entry.After.RecordedAt), change(entry), entry.Commit);
            await app.Replace(anew.ToRow(AccountId.Parse(app.Account.Id)));
            books = anew.After;
        }

        await app.Table.UpdateEntityAsync(
            new TableEntity(account.PartitionKey, account.RowKey) { ["Hash"] = books.Head }, ETag.All, TableUpdateMode.Merge);
    }

    private static IEnumerable<string> Proved(TableEntity row) => row.Keys
        .Where(name => name is not ("PartitionKey" or "RowKey" or "Timestamp" or "odata.etag") && !Unproved.Contains(name))
        .Where(name => !row.RowKey.StartsWith("job~", StringComparison.Ordinal) || OfJobs.Contains(name));

    private static IEnumerable<object?> Others(object? value) => value switch
    {
        long number => [number + 1, number - 1, null],
        int number => [number + 1, number - 1, null],
        DateTimeOffset time => [time.AddMilliseconds(1), time.AddTicks(1), time.AddYears(30), null],
        string { Length: 0 } => ["x", null],
        string text => [text + "x", text[..^1], "", null],
        _ => [null],
    };
}
