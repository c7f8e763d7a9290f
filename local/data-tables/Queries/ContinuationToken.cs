namespace Azure.Data.Tables;

/// <summary>Where the next page begins: the next row's partition key and row key as the service encodes them, one space between.</summary>
/// <remarks>The form is the real package's, so that a token that was handed out is good for either.</remarks>
internal static class ContinuationToken
{
    /// <summary>The token of the page behind the answer, or null behind the last page.</summary>
    public static string? After(Response response)
    {
        response.Headers.TryGetValue("x-ms-continuation-NextPartitionKey", out var partitionKey);
        response.Headers.TryGetValue("x-ms-continuation-NextRowKey", out var rowKey);
        return partitionKey is null && rowKey is null ? null : $"{partitionKey} {rowKey}";
    }

    /// <summary>The keys in a token, null where there is none: the first page.</summary>
    public static (string? PartitionKey, string? RowKey) Parse(string? token)
    {
        if (token is null || token.Length <= 1) return (null, null);
        var parts = token.Split(' ', 2);
        return (parts[0], parts.Length > 1 && parts[1].Length > 0 ? parts[1] : null);
    }
}
