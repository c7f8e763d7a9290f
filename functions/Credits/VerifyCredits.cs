using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Credits;

/// <summary>Recomputes the caller's balance from the first entry on, and compares it with what the account says.</summary>
public sealed class VerifyCredits(Callers callers, Ledger ledger, TableServiceClient tables)
{
    /// <summary>Tries to read all open holds while nothing changes; an account that never rests is told so.</summary>
    private const int QuietTriesMax = 5;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("VerifyCredits")]
    [Summary("Whether the account's books are right, recomputed from the first entry on.")]
    [Answer(200, "What was checked and found.", typeof(VerificationView))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/credits/verify")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var checks = await Verify(account, cancel);
        return Results.Json(new VerificationView("verification", checks.All(check => check.Ok), checks), Json.Options);
    }

    /// <summary>All checks of one account. Reads each entry once, in constant memory.</summary>
    public async Task<IReadOnlyList<Check>> Verify(AccountId account, CancellationToken cancel)
    {
        var balance = await ledger.Read(account, cancel) ?? Balance.Zero;
        var (chain, last) = await VerifyChain(account, balance.Version, cancel);
        return
        [
            chain,
            new("balance_sound", balance.IsSound,
                $"granted {balance.Granted} = available {balance.Available} + held {balance.Held} + spent {balance.Spent}, none negative"),
            new("balance_matches_entries", balance == last,
                $"the account says {balance.Version} entries and {balance.Available} available, "
                + $"the entries say {last.Version} and {last.Available}"),
            await VerifyHolds(account, cancel),
        ];
    }

    private async Task<(Check Check, Balance Last)> VerifyChain(AccountId account, long version, CancellationToken cancel)
    {
        var balance = Balance.Zero;
        var filter = LedgerKeys.Filter(account.Value, LedgerKeys.Entry(1), LedgerKeys.Entry(version + 1));
        await foreach (var row in table.QueryAsync<TableEntity>(filter, cancellationToken: cancel))
        {
            if (FaultOf(row, balance) is { } fault) return (new Check("entries_chain", false, fault), balance);
            balance = Entry.FromRow(row).After;
        }

        return (
            new Check("entries_chain", true, $"{balance.Version} entries without gaps, each balance follows from the one before"), balance);
    }

    private static string? FaultOf(TableEntity row, Balance before)
    {
        try
        {
            var entry = Entry.FromRow(row);
            var expected = before.After(entry.Transfer);
            return entry.After == expected
                ? null
                : $"entry {entry.Version} says {entry.After}, but after entry {before.Version} it should be {expected}";
        }
        catch (Exception e) when (e is FormatException or InvalidOperationException or ArgumentOutOfRangeException or OverflowException)
        {
            return $"the entry after {before.Version} is damaged: {e.Message}";
        }
    }

    private async Task<Check> VerifyHolds(AccountId account, CancellationToken cancel)
    {
        for (var tries = 0; tries < QuietTriesMax; tries++)
        {
            var before = await ledger.Read(account, cancel) ?? Balance.Zero;
            long sum = 0, count = 0;
            await foreach (var row in table.QueryAsync<TableEntity>(LedgerKeys.AllOpen(account.Value), cancellationToken: cancel))
            {
                sum += row.Required("Held", row.GetInt64);
                count++;
            }

            var after = await ledger.Read(account, cancel) ?? Balance.Zero;
            if (before.Version == after.Version)
                return new Check(
                    "open_holds", sum == after.Held, $"{count} open holds of {sum} credits, the account says {after.Held} held");
        }

        var tried = QuietTriesMax.ToString(CultureInfo.InvariantCulture);
        return new Check(
            "open_holds", true, $"not checked: the account changed during each of {tried} readings; ask again when it rests",
            Skipped: true);
    }

    /// <summary>All checks together.</summary>
    public sealed record VerificationView([AllowedValues("verification")] string Object, bool Ok, IReadOnlyList<Check> Checks);

    /// <summary>One check and what it found.</summary>
    public sealed record Check(
        string Name, bool Ok, string Detail,
        [Description("It could not be made, because the account never rested.")] bool Skipped = false);
}
