using System.Globalization;

namespace Azure.Data.Tables;

/// <summary>A transaction was refused because of one of its actions; nothing of it was applied.</summary>
/// <remarks>
/// <see cref="RequestFailedException.Status"/> and <see cref="RequestFailedException.ErrorCode"/> are those of that action.
/// </remarks>
public class TableTransactionFailedException : RequestFailedException
{
    internal const string FailedIndexKey = "FailedEntity";

    /// <param name="requestFailedException">The failure of the one action.</param>
    public TableTransactionFailedException(RequestFailedException requestFailedException)
        : base(
            requestFailedException.Status,
            requestFailedException.Message,
            requestFailedException.ErrorCode,
            requestFailedException.InnerException)
    {
        foreach (var key in requestFailedException.Data.Keys) Data.Add(key, requestFailedException.Data[key]);
        if (int.TryParse(Data[FailedIndexKey] as string, NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            FailedTransactionActionIndex = index;
    }

    /// <summary>Which of the submitted actions failed, from 0; null if the service did not say.</summary>
    public int? FailedTransactionActionIndex { get; }
}
