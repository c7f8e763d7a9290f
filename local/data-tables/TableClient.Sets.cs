using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <content>Many rows at once.</content>
public partial class TableClient
{
    /// <summary>Reads rows, ordered by partition key and row key.</summary>
    /// <param name="filter">An OData filter, see <see cref="CreateQueryFilter(FormattableString)"/>; null for all rows.</param>
    /// <param name="maxPerPage">How many rows a request asks for, at most 1,000; it does not limit the rows in total.</param>
    /// <param name="select">The properties to read; null for all. Others keep their defaults.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <returns>
    /// The rows, asked for as they are read. A page may be short or empty although more follow. The continuation token of a page is good
    /// for <c>AsPages</c> of the same query, also in another process.
    /// </returns>
    public virtual AsyncPageable<T> QueryAsync<T>(
        string? filter = null, int? maxPerPage = null, IEnumerable<string>? select = null, CancellationToken cancellationToken = default)
        where T : class, ITableEntity =>
        new Pages<T>(maxPerPage, (token, size, cancel) => ReadPage<T>(filter, select, token, size, cancel), cancellationToken);

    /// <summary>Applies all actions, or none.</summary>
    /// <param name="transactionActions">At most 100 actions on different rows of one partition, 4 MiB in total.</param>
    /// <param name="cancellationToken">Gives up; whether the transaction was applied is then unknown.</param>
    /// <returns>An answer for each action in their order, with the new ETag where a row was written.</returns>
    /// <exception cref="InvalidOperationException">There is no action.</exception>
    /// <exception cref="TableTransactionFailedException">One failed: its index, status and error code. Nothing was applied.</exception>
    /// <exception cref="RequestFailedException">The request as a whole was refused. Nothing was applied.</exception>
    public virtual async Task<Response<IReadOnlyList<Response>>> SubmitTransactionAsync(
        IEnumerable<TableTransactionAction> transactionActions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(transactionActions);
        var body = BatchBody.Of(service, Name, transactionActions);
        var message = service.Request(RequestMethod.Post, "$batch");
        message.Request.Headers.Add("Content-Type", body.ContentType);
        message.Request.Content = RequestContent.Create(body.Content);
        var response = await service.Send(message, cancellationToken);

        // The status of the whole is 202 also where an action failed.
        var answers = BatchAnswer.Parse(response);
        return answers.FirstOrDefault(answer => answer.IsError) is { } failed
            ? throw new TableTransactionFailedException(new RequestFailedException(failed, innerException: null, ErrorDetails.Parser))
            : Response.FromValue(answers, response);
    }

    private async Task<Page<T>> ReadPage<T>(
        string? filter, IEnumerable<string>? select, string? token, int? size, CancellationToken cancel)
        where T : class, ITableEntity
    {
        var message = service.Request(RequestMethod.Get, $"{Name}()");
        message.AppendQuery(filter, select, size);
        var (nextPartitionKey, nextRowKey) = ContinuationToken.Parse(token);
        if (nextPartitionKey is not null) message.Request.Uri.AppendQuery("NextPartitionKey", nextPartitionKey, escapeValue: true);
        if (nextRowKey is not null) message.Request.Uri.AppendQuery("NextRowKey", nextRowKey, escapeValue: true);
        var response = await service.Send(message, cancel);

        using var document = JsonDocument.Parse(response.Content.ToMemory());
        var rows = document.RootElement.GetProperty("value").EnumerateArray().Select(ReadEntity.From<T>).ToList();
        return Page<T>.FromValues(rows, ContinuationToken.After(response), response);
    }
}
