using System.Net.Sockets;
using Azure;

namespace Pipeline.Storage;

/// <summary>Tells storage that is down, slow or out of reach from storage that refuses.</summary>
public static class StorageFault
{
    /// <summary>
    /// Whether the request may or may not have been carried out: no answer, a lost one, or one that says that the service failed.
    /// The SDK's own retries are behind it, and it wraps their failures in an <see cref="AggregateException"/>.
    /// </summary>
    public static bool IsUnknownOutcome(Exception e) => e switch
    {
        RequestFailedException failed => failed.Status is 0 or 408 or 429 or >= 500,
        AggregateException many => many.InnerExceptions.All(IsUnknownOutcome),
        IOException or HttpRequestException or SocketException or OperationCanceledException or TimeoutException => true,
        _ => false,
    };
}
