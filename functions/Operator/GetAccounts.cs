using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>The accounts, each with its balance and limits.</summary>
public sealed class GetAccounts(TableServiceClient tables, Ledger ledger)
{
    private const string List = "accounts";

    private readonly TableClient table = tables.GetTableClient(StorageNames.AccountsTable);

    [Function("ListAccounts")]
    [Summary("The accounts, in the order of their ids.")]
    [Query(typeof(ListQuery))]
    [Answer(200, "One page of them.", typeof(ListView<AccountView>))]
    public async Task<IResult> RunList(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/accounts")] HttpRequest request, CancellationToken cancel)
    {
        var query = new QueryFields(request.Query);
        var limit = Paging.Limit(query);
        var position = Paging.Position(query, List);
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {AccountKeys.AccountPartition}");
        if (await RowPage.Read(table, filter, limit, position, cancel) is not { } page) return Paging.NoSuchPosition();
        var views = await Task.WhenAll(page.Rows.Select(row => View(row, cancel)));
        return Paging.Answer(views, Paging.Cursor(page.Next, List));
    }

    [Function("GetAccount")]
    [Summary("One account.")]
    [Answer(200, "The account.", typeof(AccountView))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> RunOne(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/accounts/{id}")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (!AccountId.TryParse(id, out var account)) return MoveOnce.NoAccount(id);
        var row = await table.GetEntityIfExistsAsync<TableEntity>(AccountKeys.AccountPartition, account.Value, cancellationToken: cancel);
        return row.HasValue ? Results.Json(await View(row.Value!, cancel), Json.Options) : MoveOnce.NoAccount(id);
    }

    private async Task<AccountView> View(TableEntity row, CancellationToken cancel)
    {
        var books = await ledger.Read(AccountId.Parse(row.RowKey), cancel) ?? Books.Empty;
        return new AccountView(
            "account", row.RowKey, row.Required("Name", row.GetString), row.Required("CreatedAt", row.GetDateTimeOffset),
            CreditsView.From(books.Balance), books.OpenJobs, books.IsLow, books.Limits);
    }

    /// <summary>An account as the contract shows it.</summary>
    public sealed record AccountView(
        [AllowedValues("account")] string Object, string Id, string Name, DateTimeOffset CreatedAt, CreditsView Credits, long OpenJobs,
        [Description("Whether fewer credits are available than the limit 'credits_low'.")] bool Low,
        AccountLimits Limits);
}
