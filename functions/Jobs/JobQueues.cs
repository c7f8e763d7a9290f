using System.Text.Json;
using Azure.Storage.Queues;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>The message that makes a worker look at a job. It carries no right to work on it: the claim on the job's row does.</summary>
public sealed record WorkMessage(string Account, string Job);

/// <summary>The two lanes: 4K never blocks previews, and each lane scales by itself.</summary>
public sealed class JobQueues(QueueServiceClient queues)
{
    /// <summary>Kept until it is worked off: a backlog may take longer than the seven days that are the service's default.</summary>
    private static readonly TimeSpan Forever = TimeSpan.FromSeconds(-1);

    /// <summary>Sends a job's message to its lane.</summary>
    /// <param name="job">The job; what matters is in its row.</param>
    /// <param name="delay">How long no worker sees it; at most 7 days, the service's limit.</param>
    /// <param name="cancel">Gives up.</param>
    public Task Send(Job job, TimeSpan delay, CancellationToken cancel) =>
        SendAgain(new WorkMessage(job.Account.Value, job.Id.Value), job.Request.Model.IsLarge, delay, cancel);

    /// <summary>Sends a message once more to the lane that it came from, for later.</summary>
    public async Task SendAgain(WorkMessage message, bool isLarge, TimeSpan delay, CancellationToken cancel)
    {
        var lane = queues.GetQueueClient(isLarge ? StorageNames.LargeQueue : StorageNames.StandardQueue);
        await lane.SendMessageAsync(
            JsonSerializer.Serialize(message, Json.Options), visibilityTimeout: delay, timeToLive: Forever, cancel);
    }
}
