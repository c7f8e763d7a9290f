using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Messages that failed at every delivery, as the sweeper found them. A page is one storage request.</summary>
public sealed class ListPoison(TableServiceClient tables)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.PoisonTable);

    [Function("ListPoison")]
    [Summary("Messages that failed at every delivery, queue by queue, newest first.")]
    [Query(typeof(PoisonQuery))]
    [Answer(200, "One page of them.", typeof(ListView<PoisonMessageView>))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/poison")] HttpRequest request, CancellationToken cancel)
    {
        var query = new QueryFields(request.Query);
        var queue = query.Text("queue");
        if (queue is not null && !StorageNames.Queues.Contains(queue))
            query.Refuse("queue", "not_allowed", $"'queue' must be one of {string.Join(", ", StorageNames.Queues)}.");
        var list = $"poison/{queue}";
        var limit = Paging.Limit(query);
        var position = Paging.Position(query, list);
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var filter = queue is null
            ? TableClient.CreateQueryFilter($"PartitionKey ge {StorageNames.Queues.Min()} and PartitionKey le {StorageNames.Queues.Max()}")
            : TableClient.CreateQueryFilter($"PartitionKey eq {queue}");
        if (await RowPage.Read(table, filter, limit, position, cancel) is not { } page) return Paging.NoSuchPosition();
        return Paging.Answer(
            page.Rows.Select(row => PoisonMessageView.Of(PoisonMessage.FromRow(row))), Paging.Cursor(page.Next, list));
    }

    /// <summary>What may be asked for.</summary>
    public sealed record PoisonQuery : ListQuery
    {
        [AllowedValues(
            StorageNames.StandardQueue, StorageNames.LargeQueue, StorageNames.BulkStandardQueue, StorageNames.BulkLargeQueue,
            StorageNames.AdvanceQueue, StorageNames.WebhooksQueue)]
        [Description("Only messages of this queue.")]
        public string? Queue { get; init; }
    }

    /// <summary>A message as the contract shows it.</summary>
    public sealed record PoisonMessageView(
        [AllowedValues("poison_message")] string Object,
        [Description("The queue that it came from.")] string Queue,
        string? Account,
        [Description("The job that it points at; GET /v1/jobs/{id} with the account's key shows it.")] string? Job,
        [Description("The manifest that it points at.")] string? Manifest,
        [Description("The delivery that it points at.")] string? Delivery,
        [Description("When its last delivery had failed.")] DateTimeOffset FailedAt,
        [Description("When the sweeper took it.")] DateTimeOffset SeenAt,
        [Description("How often the sweeper looked at it until it could be taken.")] long Tries,
        [Description("What the sweeper found.")] PoisonReason Reason,
        string Detail,
        [Description("How a message begins that cannot be read, as it lay in the queue.")] string? Body)
    {
        public static PoisonMessageView Of(PoisonMessage message) => new(
            "poison_message", message.Queue, message.Account, message.Job, message.Manifest, message.Delivery, message.FailedAt,
            message.SeenAt, message.Tries, message.Reason, message.Detail, message.Body);
    }
}
