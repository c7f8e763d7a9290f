using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>The status of a schedule, kept in a blob across restarts.</summary>
internal sealed partial class ScheduleMemory(BlobClient blob, ILogger logger)
{
    /// <returns>Null where nothing is remembered.</returns>
    public async Task<ScheduleStatus?> Read()
    {
        try
        {
            var content = await blob.DownloadContentAsync(CancellationToken.None);
            return content.Value.Content.ToObjectFromJson<ScheduleStatus>();
        }
        catch (RequestFailedException e) when (e.Status == 404)
        {
            return null;
        }
        catch (JsonException e)
        {
            Log.Unreadable(logger, e, blob.Name);
            return null;
        }
    }

    public async Task Write(ScheduleStatus status)
    {
        try
        {
            await blob.UploadAsync(BinaryData.FromObjectAsJson(status), overwrite: true, CancellationToken.None);
        }
        catch (Exception e)
        {
            // The run is done; at worst the next start makes up for an occurrence that was not missed.
            Log.NotWritten(logger, e, blob.Name);
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Error, "The schedule's status {Blob} is unreadable and begins anew.")]
        public static partial void Unreadable(ILogger logger, Exception e, string blob);

        [LoggerMessage(LogLevel.Error, "The schedule's status {Blob} was not written.")]
        public static partial void NotWritten(ILogger logger, Exception e, string blob);
    }
}
