using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>What the caller's images cost, by day, model and a tag of their own, and what Google's API would have asked.</summary>
public sealed class GetUsage(
    Callers callers, TableServiceClient tables, Catalogue catalogue, JobOptions options, TimeProvider time)
{
    private static readonly string[] Columns = ["PartitionKey", "RowKey", "Model", "Num", "Captured", "Released", "FinishedAt", "Metadata"];

    private readonly TableClient ledger = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("GetUsage")]
    [Summary("What images cost by day and model, and by the value of a key of the jobs' metadata.")]
    [Query(typeof(UsageQuery))]
    [Answer(200, "The days that had images, and all of them together.", typeof(UsageView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/credits/usage")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var days = DayRange.Read(query, DateOnly.FromDateTime(time.GetUtcNow().UtcDateTime));
        var tag = query.Text("tag");
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var usage = new Usage();
        var rows = ledger.QueryAsync<TableEntity>(
            JobTable.CreatedFor(account, days, options), select: Columns, cancellationToken: cancel);
        await foreach (var row in rows)
        {
            Add(usage, row, days, tag);
            if (usage.IsFull) return TooManyTags();
        }

        return Results.Json(new UsageView("usage", days.From, days.To, tag, usage.Lines(), usage.Total()), Json.Options);
    }

    private void Add(Usage usage, TableEntity row, DayRange days, string? tag)
    {
        if (row.GetDateTimeOffset("FinishedAt") is not { } finished || !days.Has(finished)) return;
        if (catalogue.Find(row.Required("Model", row.GetString)) is not { } model) return;
        var captured = row.Required("Captured", row.GetInt64);
        if (captured == 0) return;

        // By the price that was held, which stays when the catalogue's changes.
        var perImage = (captured + row.Required("Released", row.GetInt64)) / row.Required("Num", row.GetInt32);
        var value = tag is null ? null : JobRequestRow.MetadataOf(row).GetValueOrDefault(tag);
        usage.Add(DateOnly.FromDateTime(finished.UtcDateTime), model, value, (int)(captured / perImage), captured);
    }

    private static Problem TooManyTags() => Problems.InvalidRequest([new FieldError(
        "?tag", "out_of_range", $"There are more than {Usage.LinesMax:N0} days, models and values of this tag: ask for fewer days.")]);

    /// <summary>What may be asked for.</summary>
    public sealed record UsageQuery : DaysQuery
    {
        [Description("A key of the jobs' metadata: each of its values is counted by itself.")]
        public string? Tag { get; init; }
    }

    /// <summary>Usage as the contract shows it.</summary>
    public sealed record UsageView(
        [AllowedValues("usage")] string Object, DateOnly From, DateOnly To,
        [Description("The key of the jobs' metadata, if one was asked for.")] string? Tag,
        IReadOnlyList<UsageLine> Data, UsageSum Total);
}
