using System.Text.Json;
using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

/// <summary>The tables of one storage account.</summary>
public class TableServiceClient
{
    private readonly TableService service;

    /// <param name="connectionString">Account name and key with an endpoint or its suffix, or <c>UseDevelopmentStorage=true</c>.</param>
    public TableServiceClient(string connectionString) : this(connectionString, null)
    {
    }

    /// <inheritdoc cref="TableServiceClient(string)"/>
    public TableServiceClient(string connectionString, TableClientOptions? options = null)
    {
        service = TableService.With(connectionString, options);
    }

    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential) : this(endpoint, credential, null)
    {
    }

    public TableServiceClient(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions? options)
    {
        service = TableService.With(endpoint, credential, options);
    }

    /// <param name="endpoint">The table service of the account, with https.</param>
    /// <param name="tokenCredential">Asked for a token of the scope of Azure Storage.</param>
    /// <param name="options">Null for the defaults.</param>
    public TableServiceClient(Uri endpoint, TokenCredential tokenCredential, TableClientOptions? options = null)
    {
        service = TableService.With(endpoint, tokenCredential, options);
    }

    public virtual string AccountName => service.AccountName;

    public virtual Uri Uri => service.Endpoint;

    /// <inheritdoc cref="TableClient.CreateQueryFilter(FormattableString)"/>
    public static string CreateQueryFilter(FormattableString filter) => QueryFilter.From(filter);

    /// <summary>A client of one table, over the same pipeline. The table need not exist.</summary>
    public virtual TableClient GetTableClient(string tableName)
    {
        ArgumentNullException.ThrowIfNull(tableName);
        return new TableClient(service, tableName);
    }

    /// <inheritdoc cref="TableClient.CreateAsync"/>
    public virtual Task<Response<TableItem>> CreateTableAsync(string tableName, CancellationToken cancellationToken = default) =>
        TableSet.Create(service, tableName, cancellationToken);

    /// <inheritdoc cref="TableClient.CreateIfNotExistsAsync"/>
    public virtual Task<Response<TableItem>> CreateTableIfNotExistsAsync(string tableName, CancellationToken cancellationToken = default) =>
        TableSet.CreateIfNotExists(service, tableName, cancellationToken);

    /// <inheritdoc cref="TableClient.DeleteAsync"/>
    public virtual Task<Response> DeleteTableAsync(string tableName, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tableName);
        return TableSet.Delete(service, tableName, cancellationToken);
    }

    /// <summary>The tables of the account, by name.</summary>
    /// <param name="filter">An OData filter on <c>TableName</c>; null for all.</param>
    /// <param name="maxPerPage">At most 1,000.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    public virtual AsyncPageable<TableItem> QueryAsync(
        string? filter = null, int? maxPerPage = null, CancellationToken cancellationToken = default) =>
        new Pages<TableItem>(maxPerPage, (token, size, cancel) => ReadPage(filter, token, size, cancel), cancellationToken);

    private async Task<Page<TableItem>> ReadPage(string? filter, string? token, int? size, CancellationToken cancel)
    {
        var message = service.Request(RequestMethod.Get, TableSet.Path);
        message.AppendQuery(filter, select: null, size);
        if (token is not null) message.Request.Uri.AppendQuery("NextTableName", token, escapeValue: true);
        var response = await service.Send(message, cancel);

        using var document = JsonDocument.Parse(response.Content.ToMemory());
        var tables = document.RootElement.GetProperty("value").EnumerateArray()
            .Select(table => new TableItem(table.GetProperty("TableName").GetString()!))
            .ToList();
        response.Headers.TryGetValue("x-ms-continuation-NextTableName", out var next);
        return Page<TableItem>.FromValues(tables, next, response);
    }
}
