using Azure;
using Azure.Data.Tables;

namespace Pipeline.Storage;

/// <summary>One answer of the table service: rows in the order of their keys, and where the next answer begins.</summary>
/// <param name="Rows">Fewer than asked for, even none, if the service looked at its limit of rows and few passed the filter.</param>
/// <param name="Next">The position of the next page, or null if this is the last one.</param>
public sealed record RowPage(IReadOnlyList<TableEntity> Rows, string? Next)
{
    /// <summary>Reads one page by one request, however many rows the filter leaves out.</summary>
    /// <returns>The page, or null if the service does not know the position.</returns>
    public static async Task<RowPage?> Read(TableClient table, string filter, int limit, string? position, CancellationToken cancel)
    {
        var pages = table.QueryAsync<TableEntity>(filter, maxPerPage: limit, cancellationToken: cancel).AsPages(position, limit);
        try
        {
            await foreach (var page in pages)
                return new RowPage(page.Values, string.IsNullOrEmpty(page.ContinuationToken) ? null : page.ContinuationToken);
            return new RowPage([], null);
        }
        catch (RequestFailedException e) when (e.Status == 400 && position is not null)
        {
            return null;
        }
    }
}
