using Azure.Data.Tables;

namespace Pipeline.Storage;

/// <summary>
/// How large a row becomes on its way to the table service, at most: what a transaction can take is told before it is sent.
/// </summary>
public static class RowSize
{
    /// <summary>The service takes 4 MiB; this leaves room for the frame around the rows.</summary>
    public const int TransactionMax = 3_900_000;

    /// <summary>An entry, with its operator's texts and 50 lots.</summary>
    public const int EntryMax = 8 * 1024;

    /// <summary>Headers of one operation, and what JSON puts around a value.</summary>
    private const int Frame = 1024;
    private const int FramePerValue = 64;

    /// <summary>In bytes. The SDK writes what is not plain ASCII as <c>\uXXXX</c>.</summary>
    public static int Of(ITableEntity row) =>
        Frame + (row is TableEntity entity ? entity.Sum(value => FramePerValue + value.Key.Length + Of(value.Value as string)) : 0);

    private static int Of(string? text)
    {
        if (text is null) return 0;
        var plain = text.Count(c => char.IsAsciiLetterOrDigit(c) || c is ' ' or ',' or '.' or ':' or '-' or '_' or '/');
        return plain + (6 * (text.Length - plain));
    }
}
