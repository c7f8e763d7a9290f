using Pipeline.Messages;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>The message that makes a worker look at a job. It carries no right to work on it: the claim on the job's row does.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Job">Its id.</param>
/// <param name="Row">
/// The job as it was accepted, which saves the worker reading it: it claims it under this row's ETag. Null if it is too large, or may have
/// changed since.
/// </param>
public sealed record WorkMessage(string Account, string Job, string? Row = null) : Message;

/// <summary>The messages in the lanes.</summary>
public sealed class JobQueues(MessageQueues queues)
{
    /// <summary>Sends a job's message to its lane.</summary>
    /// <param name="job">The job; what matters is in its row.</param>
    /// <param name="delay">How long no worker sees it; at most 7 days, the service's limit.</param>
    /// <param name="cancel">Gives up.</param>
    public Task Send(Job job, TimeSpan delay, CancellationToken cancel) =>
        queues.Send(Lane.Of(job).Queue, new WorkMessage(job.Account.Value, job.Id.Value), job.Trace, delay, cancel);

    /// <summary>Sends a new job's first message, with the job itself if that fits.</summary>
    /// <param name="job">As it was just stored or read; without an ETag, if that is not known.</param>
    /// <param name="cancel">Gives up.</param>
    public Task SendFirst(Job job, CancellationToken cancel)
    {
        // What its caller asked for meanwhile is in no row that is written, but only in the one that is there.
        var isAsItWasMade = job.ETag != default && !job.CancelRequested;
        var message = new WorkMessage(
            job.Account.Value, job.Id.Value, isAsItWasMade ? RowText.Write(JobRow.Whole(job), job.ETag) : null);
        if (!MessageQueues.Fits(message)) message = message with { Row = null };
        return queues.Send(Lane.Of(job).Queue, message, job.Trace, TimeSpan.Zero, cancel);
    }

    /// <summary>Finds out which lanes are idle, with one request to each.</summary>
    public async Task<IdleLanes> FindIdle(CancellationToken cancel)
    {
        var idle = await Task.WhenAll(Lane.All.Select(lane => queues.IsIdle(lane.Queue, cancel)));
        return new IdleLanes([.. Lane.All.Where((_, i) => idle[i])]);
    }

    /// <summary>Sends a message once more to the lane that it came from, for later.</summary>
    public Task SendAgain(WorkMessage message, Lane lane, TimeSpan delay, CancellationToken cancel) =>
        queues.Send(lane.Queue, message, message.TraceParent, delay, cancel);
}
