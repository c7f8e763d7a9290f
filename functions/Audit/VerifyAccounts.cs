using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Audit;

/// <summary>Proves the books of all accounts, with their images: for the operator.</summary>
public sealed class VerifyAccounts(TableServiceClient tables, AuditAccount audit, TimeProvider time)
{
    private const string List = "verify";

    /// <summary>Azure ends an HTTP request after 230 s; what is not looked at by then is the next page's.</summary>
    private static readonly TimeSpan TimeMax = TimeSpan.FromSeconds(150);

    private readonly TableClient table = tables.GetTableClient(StorageNames.AccountsTable);

    [Function("VerifyAccounts")]
    [Summary("Whether the books of all accounts are right, each image stored and paid for, and nothing left over.")]
    [Query(typeof(VerifyAccountsQuery))]
    [Answer(200, "What was found.", typeof(AccountsVerificationView))]
    [Refuses(ProblemCode.NotFound)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/verify")] HttpRequest request, CancellationToken cancel)
    {
        var query = new QueryFields(request.Query);
        var (only, position) = (query.Text("account"), Paging.Position(query, List));
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var begun = time.GetTimestamp();
        var (looked, wrong, next) = (0, new List<AccountVerificationView>(), (string?)null);
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {AccountKeys.AccountPartition}");
        filter += only is not null ? TableClient.CreateQueryFilter($" and RowKey eq {only}")
            : position is not null ? TableClient.CreateQueryFilter($" and RowKey gt {position}") : "";
        await foreach (var row in table.QueryAsync<TableEntity>(filter, select: ["RowKey"], cancellationToken: cancel))
        {
            var found = await audit.Run(AccountId.Parse(row.RowKey), from: null, withImages: true, cancel);
            looked++;
            if (found.Checks.Any(check => !check.Ok || check.Skipped))
                wrong.Add(new AccountVerificationView(row.RowKey, found.IsRight, found.Checks));
            if (time.GetElapsedTime(begun) < TimeMax) continue;
            next = row.RowKey;
            break;
        }

        if (only is not null && looked == 0) return Problems.NotFound($"There is no account '{only}'.");
        return Results.Json(
            new AccountsVerificationView(
                "accounts_verification", wrong.All(account => account.Ok), looked, wrong, Paging.Cursor(next, List)),
            Json.Options);
    }

    /// <summary>What may be asked for.</summary>
    public sealed record VerifyAccountsQuery(
        [Description("Only this account.")] string? Account,
        [Description("The 'next_cursor' of the answer before.")] string? Cursor);

    /// <summary>All accounts together.</summary>
    public sealed record AccountsVerificationView(
        [AllowedValues("accounts_verification")] string Object,
        [Description("Whether no check of any account failed.")] bool Ok,
        [Description("How many accounts were looked at.")] int Accounts,
        [Description("Those of which a check failed or could not be made.")] IReadOnlyList<AccountVerificationView> Data,
        [Description("Given when the time was over before all accounts were looked at: 'cursor' for the others.")] string? NextCursor);

    /// <summary>One account.</summary>
    public sealed record AccountVerificationView(string Account, bool Ok, IReadOnlyList<Check> Checks);
}
