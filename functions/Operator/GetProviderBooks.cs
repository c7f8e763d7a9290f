using System.ComponentModel;
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
    /// <summary>A month: each day reads the rows of its jobs.</summary>
    private const int DaysMax = 31;

    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("GetProviderBooks")]
    [Summary("Calls of the image API by day and model: their outcomes, and what they cost us there.")]
    [Query(typeof(BooksQuery))]
    [Answer(200, "The days that had calls.", typeof(ProviderBooksView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/provider")] HttpRequest request, CancellationToken cancel)
    {
        var query = new QueryFields(request.Query);
        var today = DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime);
        var (first, last) = (query.Day("from"), query.Day("to"));
        var to = last ?? (first is { } day && day.DayNumber + DaysMax <= today.DayNumber ? day.AddDays(DaysMax - 1)
            : first > today ? first.Value : today);
        var from = first ?? to;
        if (last < first || to.DayNumber - from.DayNumber >= DaysMax)
            query.Refuse("from", "out_of_range", $"'from' must be a day up to 'to', {to:O}, and at most {DaysMax - 1} before it.");
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var books = new ProviderBooks(from, to);
        await foreach (var account in AccountKeys.All(tables, cancel)) await Add(books, account, from, to, cancel);
        return Results.Json(new ProviderBooksView("provider_books", from, to, books.Views()), Json.Options);
    }

    private async Task Add(ProviderBooks books, AccountId account, DateOnly from, DateOnly to, CancellationToken cancel)
    {
        // A job's last attempt may come long after its creation.
        var life = options.OutageMax + TimeSpan.FromDays(1) + TimeSpan.FromHours(options.AttemptsMax);
        var created = from.AddDays(-Math.Min(from.DayNumber, (int)Math.Ceiling(life.TotalDays)));
        var filter = LedgerKeys.Filter(
            account.Value, JobId.RowKeyBehind(At(to, TimeOnly.MaxValue)), JobId.RowKeyBehind(At(created, TimeOnly.MinValue)));
        string[] columns = ["PartitionKey", "RowKey", "Model", "History"];
        var rows = ledger.QueryAsync<TableEntity>(filter, select: columns, cancellationToken: cancel);
        await foreach (var row in rows)
        {
            if (catalogue.Find(row.Required("Model", row.GetString)) is { } model) books.Add(model, JobRow.History(row));
        }
    }

    private static DateTimeOffset At(DateOnly day, TimeOnly time) => new(day, time, TimeSpan.Zero);

    /// <summary>What may be asked for.</summary>
    public sealed record BooksQuery
    {
        [Description("The first day, by UTC; 'to' if it is left out.")]
        public DateOnly? From { get; init; }

        [Description("The last day, by UTC; if it is left out, today or the 31st day. At most 31 days in all.")]
        public DateOnly? To { get; init; }
    }

    /// <summary>The books as the contract shows them.</summary>
    public sealed record ProviderBooksView(
        [AllowedValues("provider_books")] string Object, DateOnly From, DateOnly To, IReadOnlyList<ProviderDayView> Data);
}
