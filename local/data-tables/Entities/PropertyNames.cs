namespace Azure.Data.Tables;

/// <summary>Names that the protocol gives a meaning.</summary>
internal static class PropertyNames
{
    /// <summary>Where answers carry the version of a row.</summary>
    public const string ODataETag = "odata.etag";

    /// <summary>Where answers carry the address of their schema; no property of the row.</summary>
    public const string ODataMetadata = "odata.metadata";

    /// <summary>What a property's name is followed by where its type is named.</summary>
    public const string TypeSuffix = "@odata.type";

    /// <summary>Whether a property is kept by the service, so that it is never sent.</summary>
    public static bool IsKeptByService(string name) => name is ODataETag or nameof(ITableEntity.ETag) or nameof(ITableEntity.Timestamp);
}
