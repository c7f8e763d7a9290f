using System.Text.Json;
using Azure.Data.Tables;

namespace Pipeline.Storage;

/// <summary>Reads values that this app always writes; their absence means that the row is damaged.</summary>
public static class RowValues
{
    /// <exception cref="FormatException">The row lacks it.</exception>
    public static T Required<T>(this TableEntity row, string name, Func<string, T?> read)
        where T : struct => read(name) ?? throw Missing(row, name);

    /// <exception cref="FormatException">The row lacks it.</exception>
    public static string Required(this TableEntity row, string name, Func<string, string?> read) => read(name) ?? throw Missing(row, name);

    /// <exception cref="FormatException">The row lacks it, or it is none of the names.</exception>
    public static T Required<T>(this TableEntity row, string name)
        where T : struct, Enum => Enum.TryParse<T>(row.GetString(name), out var value) ? value : throw Missing(row, name);

    /// <summary>A value that may be damaged: null also if it is there with another type.</summary>
    public static long? IfLong(this TableEntity row, string name) => row.TryGetValue(name, out var value) ? value as long? : null;

    /// <summary>Whether a row could not be read for what is in it: a value that is missing, of another type, or no such text.</summary>
    public static bool IsDamage(Exception e) =>
        e is FormatException or JsonException or ArgumentException or InvalidOperationException or OverflowException;

    private static FormatException Missing(TableEntity row, string name) =>
        new($"Row {row.PartitionKey}/{row.RowKey} has no valid '{name}'.");
}
