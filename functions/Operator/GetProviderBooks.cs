using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>
/// What the image API was paid, and what for nothing. The attempts on the jobs' rows are the books: written before each call and after
/// it, in writes that are made anyway, they survive every crash; this adds them up, as a stream.
/// </summary>
public sealed class GetProviderBooks(TableServiceClient tables, Catalogue catalogue, JobOptions options, TimeProvider time)
{
    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("GetProviderBooks")]
    [Summary("Calls of the image API by day and model: their outcomes, and what they cost us there.")]
    [Query(typeof(DaysQuery))]
    [Answer(200, "The days that had calls.", typeof(ProviderBooksView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/provider")] HttpRequest request, CancellationToken cancel)
    {
        var query = new QueryFields(request.Query);
        var days = DayRange.Read(query, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime));
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var books = new ProviderBooks(days.From, days.To);
        await foreach (var account in AccountKeys.All(tables, cancel)) await Add(books, account, days, cancel);
        return Results.Json(new ProviderBooksView("provider_books", days.From, days.To, books.Views()), Json.Options);
    }

    private async Task Add(ProviderBooks books, AccountId account, DayRange days, CancellationToken cancel)
    {
        var filter = JobTable.CreatedFor(account, days, options);
        string[] columns = ["PartitionKey", "RowKey", "Model", "History"];
        var rows = ledger.QueryAsync<TableEntity>(filter, select: columns, cancellationToken: cancel);
        await foreach (var row in rows)
        {
            if (catalogue.Find(row.Required("Model", row.GetString)) is { } model) books.Add(model, JobRow.History(row));
        }
    }

    /// <summary>The books as the contract shows them.</summary>
    public sealed record ProviderBooksView(
        [AllowedValues("provider_books")] string Object, DateOnly From, DateOnly To, IReadOnlyList<ProviderDayView> Data);
}
