using System.Runtime.CompilerServices;

namespace Azure.Data.Tables;

/// <summary>The pages of a query, each asked for when the one before was read.</summary>
/// <param name="maxPerPage">How many values a page has at most, unless the reader of pages says otherwise.</param>
/// <param name="read">Asks for the page at a token.</param>
/// <param name="queryCancel">Ends the reading, as does the token of the enumeration.</param>
internal sealed class Pages<T>(
    int? maxPerPage, Func<string?, int?, CancellationToken, Task<Page<T>>> read, CancellationToken queryCancel)
    : AsyncPageable<T>(queryCancel) where T : notnull
{
    public override IAsyncEnumerable<Page<T>> AsPages(string? continuationToken = null, int? pageSizeHint = null) =>
        From(continuationToken, pageSizeHint ?? maxPerPage, CancellationToken);

    private async IAsyncEnumerable<Page<T>> From(string? token, int? size, [EnumeratorCancellation] CancellationToken cancel)
    {
        do
        {
            var page = await read(token, size, cancel);
            yield return page;
            token = page.ContinuationToken;
        }
        while (!string.IsNullOrEmpty(token));
    }
}
