using Pipeline.Events;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>The event of a job's end. Thin: nothing that the caller wrote is in it, so that it need not be deleted with the job.</summary>
internal static class JobEvent
{
    public static NewEvent Of(Job ended)
    {
        var data = new Data(ended.Id.Value, ended.Status, JobUrls.PathOf(ended.Id), ended.Credits, ended.Manifest);
        return NewEvent.Of($"job.{Json.Name(ended.Status)}", data) with { OwnUrl = ended.Request.WebhookUrl, Trace = ended.Trace };
    }

    private sealed record Data(string Id, JobStatus Status, string Url, JobCredits Credits, string? Manifest);
}
