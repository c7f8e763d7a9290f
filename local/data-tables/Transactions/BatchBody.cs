using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Azure.Data.Tables;

/// <summary>The body of a transaction: a multipart message with one changeset, in which each action is an HTTP request.</summary>
/// <remarks>
/// https://learn.microsoft.com/rest/api/storageservices/performing-entity-group-transactions. Every line ends with CR LF; the rows'
/// JSON has no line break. Everything is written once, into the buffer that is sent.
/// </remarks>
internal sealed class BatchBody
{
    private readonly TableService service;
    private readonly string table;
    private readonly string batch = $"batch_{Guid.NewGuid()}";
    private readonly string changeset = $"changeset_{Guid.NewGuid()}";
    private readonly ArrayBufferWriter<byte> buffer = new();

    private BatchBody(TableService service, string table)
    {
        this.service = service;
        this.table = table;
    }

    public string ContentType => $"multipart/mixed; boundary={batch}";

    public ReadOnlyMemory<byte> Content => buffer.WrittenMemory;

    /// <summary>Writes the actions in their order.</summary>
    /// <exception cref="InvalidOperationException">There is no action.</exception>
    /// <exception cref="TableTransactionFailedException">The actions are on more than one partition.</exception>
    public static BatchBody Of(TableService service, string table, IEnumerable<TableTransactionAction> actions)
    {
        var body = new BatchBody(service, table);
        body.Line($"--{body.batch}");
        body.Line($"Content-Type: multipart/mixed; boundary={body.changeset}");
        body.Line("");

        var count = 0;
        string? partition = null;
        using var json = new Utf8JsonWriter(body.buffer);
        foreach (var action in actions)
        {
            partition ??= action.Entity.PartitionKey;
            if (action.Entity.PartitionKey != partition) throw DifferentPartitions(count);
            body.Write(action, json);
            count++;
        }

        if (count == 0) throw new InvalidOperationException("The transaction contains no actions.");
        body.Line($"--{body.changeset}--");
        body.Line("");
        body.Line($"--{body.batch}--");
        return body;
    }

    /// <summary>What the service answers to actions on several partitions. Azurite applies them, so it is answered here.</summary>
    private static TableTransactionFailedException DifferentPartitions(int index)
    {
        var refusal = new RequestFailedException(
            400, $"{index}:All commands in a batch must operate on same entity group.", "CommandsInBatchActOnDifferentPartitions", null);
        refusal.Data[TableTransactionFailedException.FailedIndexKey] = index.ToString(CultureInfo.InvariantCulture);
        return new TableTransactionFailedException(refusal);
    }

    private void Write(TableTransactionAction action, Utf8JsonWriter json)
    {
        var (method, ifMatch) = action.ActionType switch
        {
            TableTransactionActionType.Add => ("POST", default(ETag)),
            TableTransactionActionType.Delete => ("DELETE", action.ETag == default ? ETag.All : action.ETag),
            TableTransactionActionType.UpdateMerge => ("PATCH", action.ETag),
            TableTransactionActionType.UpdateReplace => ("PUT", action.ETag),
            TableTransactionActionType.UpsertMerge => ("PATCH", default),
            TableTransactionActionType.UpsertReplace => ("PUT", default),
            _ => throw new InvalidOperationException($"Unknown action type {action.ActionType}."),
        };
        Line($"--{changeset}");
        Line("Content-Type: application/http");
        Line("Content-Transfer-Encoding: binary");
        Line("");
        Line($"{method} {AddressOf(action)} HTTP/1.1");
        Line($"Accept: {TableService.AnswerFormat}");
        Line($"DataServiceVersion: {TableService.ProtocolVersion}");
        if (action.ActionType == TableTransactionActionType.Add) Line("Prefer: return-no-content");
        if (ifMatch != default) Line($"If-Match: {ifMatch}");
        if (action.ActionType != TableTransactionActionType.Delete)
        {
            Line($"Content-Type: {TableService.BodyFormat}");
            Line("");
            json.Reset(buffer);
            WriteEntity.To(json, action.Entity);
        }

        // Behind the body its line end; behind the headers of a delete the empty line that ends them.
        Line("");
    }

    private string AddressOf(TableTransactionAction action)
    {
        ArgumentNullException.ThrowIfNull(action.Entity.PartitionKey, nameof(ITableEntity.PartitionKey));
        ArgumentNullException.ThrowIfNull(action.Entity.RowKey, nameof(ITableEntity.RowKey));
        return service.AddressOf(action.ActionType == TableTransactionActionType.Add
            ? table
            : TableService.PathOf(table, action.Entity.PartitionKey, action.Entity.RowKey)).AbsoluteUri;
    }

    private void Line(string text)
    {
        Encoding.UTF8.GetBytes(text, buffer);
        buffer.Write("\r\n"u8);
    }
}
