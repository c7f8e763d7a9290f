namespace Azure.Data.Tables;

/// <summary>One change of a transaction: what to do, to which row, and under which condition.</summary>
/// <param name="actionType">What to do.</param>
/// <param name="entity">The row; of a delete only its keys count.</param>
/// <param name="etag">
/// The version that the stored row must have, or <see cref="ETag.All"/> for any. The entity's own ETag is never used. The default means
/// <see cref="ETag.All"/> for a delete, and no condition at all, an upsert, for an update. Add and upsert ignore it.
/// </param>
public class TableTransactionAction(TableTransactionActionType actionType, ITableEntity entity, ETag etag = default)
{
    /// <summary>An action under the default condition of its type.</summary>
    public TableTransactionAction(TableTransactionActionType actionType, ITableEntity entity) : this(actionType, entity, default)
    {
    }

    public TableTransactionActionType ActionType { get; } = actionType;

    public ITableEntity Entity { get; } = entity;

    public ETag ETag { get; } = etag;
}
