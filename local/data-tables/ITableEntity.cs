namespace Azure.Data.Tables;

/// <summary>A row of a table: its key, and what the service keeps about it.</summary>
/// <remarks>
/// A type that implements this is stored with all its public properties and fields, except those marked
/// <c>[IgnoreDataMember]</c>; <c>[DataMember(Name = …)]</c> renames one. Enums are stored by name.
/// </remarks>
public interface ITableEntity
{
    string PartitionKey { get; set; }

    string RowKey { get; set; }

    /// <summary>When the service last wrote the row. Never sent.</summary>
    DateTimeOffset? Timestamp { get; set; }

    /// <summary>The version of the row that was read. Never sent as a property; hand it to <c>ifMatch</c>.</summary>
    ETag ETag { get; set; }
}
