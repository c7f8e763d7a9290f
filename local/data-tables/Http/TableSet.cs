using System.Text.Json;
using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

/// <summary>Creates and deletes tables, for both clients.</summary>
internal static class TableSet
{
    public const string Path = "Tables";

    public static async Task<Response<TableItem>> Create(TableService service, string tableName, CancellationToken cancel)
    {
        var message = service.Request(RequestMethod.Post, Path, NameOf(tableName));
        return Response.FromValue(new TableItem(tableName), await service.Send(message, cancel));
    }

    /// <summary>Creates a table, or answers 409 if it is there.</summary>
    /// <exception cref="RequestFailedException">Among others 409 <c>TableBeingDeleted</c>: the name is not free yet.</exception>
    public static async Task<Response<TableItem>> CreateIfNotExists(TableService service, string tableName, CancellationToken cancel)
    {
        var message = service.Request(RequestMethod.Post, Path, NameOf(tableName), Tolerates.Conflict);
        message.Request.Headers.Add("Prefer", "return-no-content");
        var response = await service.Send(message, cancel);
        if (response.Status == 409 && new RequestFailedException(response) is { ErrorCode: "TableBeingDeleted" } beingDeleted)
            throw beingDeleted;
        return Response.FromValue(new TableItem(tableName), response);
    }

    /// <summary>Deletes a table, or answers 404 if it is absent.</summary>
    public static Task<Response> Delete(TableService service, string tableName, CancellationToken cancel) =>
        service.Send(service.Request(RequestMethod.Delete, $"{Path}('{Uri.EscapeDataString(tableName)}')", Tolerates.NotFound), cancel);

    private static byte[] NameOf(string tableName)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        return JsonSerializer.SerializeToUtf8Bytes(new { TableName = tableName });
    }
}
