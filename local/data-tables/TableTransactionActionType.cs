namespace Azure.Data.Tables;

/// <summary>What one action of a transaction does to its row.</summary>
public enum TableTransactionActionType
{
    /// <summary>Fails with 409 <c>EntityAlreadyExists</c> if the row is there.</summary>
    Add = 0,

    /// <summary>Merges; with an ETag the row must be there and unchanged. Without one it is an upsert, as in the real package.</summary>
    UpdateMerge = 1,

    /// <summary>Replaces; with an ETag the row must be there and unchanged. Without one it is an upsert, as in the real package.</summary>
    UpdateReplace = 2,

    /// <summary>Fails with 404 <c>ResourceNotFound</c> if the row is absent, unlike a delete outside a transaction.</summary>
    Delete = 3,

    UpsertMerge = 4,

    UpsertReplace = 5,
}
