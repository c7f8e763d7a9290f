using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <content>Single rows.</content>
public partial class TableClient
{
    /// <summary>Adds a row. The answer has its ETag.</summary>
    /// <exception cref="RequestFailedException">
    /// Among others 409 <c>EntityAlreadyExists</c>, also if this very call added the row and the answer to its first try was lost.
    /// </exception>
    public virtual async Task<Response> AddEntityAsync<T>(T entity, CancellationToken cancellationToken = default) where T : ITableEntity
    {
        RequireKeys(entity);
        var message = service.Request(RequestMethod.Post, Name, WriteEntity.ToJson(entity));
        message.Request.Headers.Add("Prefer", "return-no-content");
        return await service.Send(message, cancellationToken);
    }

    /// <summary>Reads a row.</summary>
    /// <param name="partitionKey">Its partition.</param>
    /// <param name="rowKey">Its key there.</param>
    /// <param name="select">The properties to read; null for all. Others keep their defaults.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Among others 404 <c>ResourceNotFound</c>, 404 <c>TableNotFound</c>.</exception>
    public virtual async Task<Response<T>> GetEntityAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var response = await Get(partitionKey, rowKey, select, classifier: null, cancellationToken);
        return Response.FromValue(Parse<T>(response), response);
    }

    /// <summary>Reads a row that may be absent: HasValue then is false, also if the table is absent.</summary>
    /// <inheritdoc cref="GetEntityAsync{T}" path="/param"/>
    public virtual async Task<NullableResponse<T>> GetEntityIfExistsAsync<T>(
        string partitionKey, string rowKey, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity
    {
        var response = await Get(partitionKey, rowKey, select, Tolerates.NotFound, cancellationToken);
        return response.Status == 404 ? new NoValueResponse<T>(response) : Response.FromValue(Parse<T>(response), response);
    }

    /// <summary>Changes a row that must be there. The answer has its new ETag.</summary>
    /// <param name="entity">The row's keys and properties.</param>
    /// <param name="ifMatch">The version it must have, or <see cref="ETag.All"/> for any.</param>
    /// <param name="mode">What happens to properties that only the stored row has.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="ArgumentException">The default ETag.</exception>
    /// <exception cref="RequestFailedException">As 412 <c>UpdateConditionNotSatisfied</c>, 404 <c>ResourceNotFound</c>.</exception>
    public virtual Task<Response> UpdateEntityAsync<T>(
        T entity, ETag ifMatch, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
        where T : ITableEntity
    {
        if (ifMatch == default) throw new ArgumentException("An update needs the ETag of the row, or ETag.All.", nameof(ifMatch));
        return Put(entity, ifMatch, mode, cancellationToken);
    }

    /// <summary>Adds a row, or changes it if it is there. The answer has its ETag.</summary>
    /// <inheritdoc cref="UpdateEntityAsync{T}" path="/param[@name='entity' or @name='mode' or @name='cancellationToken']"/>
    public virtual Task<Response> UpsertEntityAsync<T>(
        T entity, TableUpdateMode mode = TableUpdateMode.Merge, CancellationToken cancellationToken = default)
        where T : ITableEntity =>
        Put(entity, ifMatch: default, mode, cancellationToken);

    /// <summary>Deletes a row. The status of the answer is 404 if the row or the table was absent.</summary>
    /// <param name="partitionKey">Its partition.</param>
    /// <param name="rowKey">Its key there.</param>
    /// <param name="ifMatch">The version it must have; by default any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="RequestFailedException">Among others 412 <c>UpdateConditionNotSatisfied</c>.</exception>
    public virtual async Task<Response> DeleteEntityAsync(
        string partitionKey, string rowKey, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        var message = service.Request(RequestMethod.Delete, TableService.PathOf(Name, partitionKey, rowKey), Tolerates.NotFound);
        message.Request.Headers.Add("If-Match", (ifMatch == default ? ETag.All : ifMatch).ToString());
        return await service.Send(message, cancellationToken);
    }

    /// <summary>Deletes a row by its keys; the ETag of the entity does not matter, that of <paramref name="ifMatch"/> does.</summary>
    /// <inheritdoc cref="DeleteEntityAsync(string, string, ETag, CancellationToken)"/>
    public virtual Task<Response> DeleteEntityAsync(
        ITableEntity entity, ETag ifMatch = default, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(entity);
        return DeleteEntityAsync(entity.PartitionKey, entity.RowKey, ifMatch, cancellationToken);
    }

    private async Task<Response> Get(
        string partitionKey, string rowKey, IEnumerable<string>? select, ResponseClassifier? classifier, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(partitionKey);
        ArgumentNullException.ThrowIfNull(rowKey);
        var message = service.Request(RequestMethod.Get, TableService.PathOf(Name, partitionKey, rowKey), classifier);
        message.AppendQuery(filter: null, select, top: null);
        return await service.Send(message, cancel);
    }

    private async Task<Response> Put(ITableEntity entity, ETag ifMatch, TableUpdateMode mode, CancellationToken cancel)
    {
        RequireKeys(entity);
        var method = mode switch
        {
            TableUpdateMode.Merge => RequestMethod.Patch,
            TableUpdateMode.Replace => RequestMethod.Put,
            _ => throw new ArgumentException($"Unexpected value for mode: {mode}", nameof(mode)),
        };
        var message = service.Request(method, TableService.PathOf(Name, entity.PartitionKey, entity.RowKey), WriteEntity.ToJson(entity));
        if (ifMatch != default) message.Request.Headers.Add("If-Match", ifMatch.ToString());
        return await service.Send(message, cancel);
    }

    private static T Parse<T>(Response response) where T : class, ITableEntity
    {
        using var document = JsonDocument.Parse(response.Content.ToMemory());
        return ReadEntity.From<T>(document.RootElement);
    }

    private static void RequireKeys(ITableEntity entity)
    {
        ArgumentNullException.ThrowIfNull(entity);
        ArgumentNullException.ThrowIfNull(entity.PartitionKey, nameof(entity.PartitionKey));
        ArgumentNullException.ThrowIfNull(entity.RowKey, nameof(entity.RowKey));
    }
}
