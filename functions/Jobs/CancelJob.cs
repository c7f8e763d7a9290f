using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Ends a job early: at once if no worker is at it, else by asking the worker, who keeps what still gets delivered.</summary>
public sealed class CancelJob(
    Callers callers, JobTable jobs, EndIdleJob idle, JobAnswers answers, JobOptions options, TimeProvider time)
{
    /// <summary>Each but the first only because the job moved on in between; a job has a handful of moves in its life.</summary>
    private const int TriesMax = 20;

    [Function("CancelJob")]
    [Summary("Ends a job early. What is delivered already is kept and paid, the rest released.")]
    [Answer(200, "The job, ended.", typeof(JobView), Headers = ["Location", "Operation-Location"])]
    [Answer(202, "The job; the worker that is at it ends it.", typeof(JobView),
        Headers = ["Location", "Operation-Location", "Retry-After"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.JobAlreadyFinished, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs/{id}/cancel")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (!JobId.TryParse(id, out var jobId) || await jobs.Read(account, jobId, cancel) is not { } job) return GetJob.NoJob(id);
            if (job.IsTerminal) return Problems.JobAlreadyFinished(job.Id.Value, Json.Name(job.Status), "what is done stays");

            // The worker's own rule, so that the two never disagree on whose turn it is.
            if (ClaimRules.Decide(job with { CancelRequested = true }, options, time.GetUtcNow()) == ClaimRule.Leave)
            {
                // A crash after this leaves a job whose worker ends it; if that one dies, too, the sweeper does.
                if (job.CancelRequested || await jobs.TryRequestCancel(job, cancel))
                    return await answers.Accepted(request, job with { CancelRequested = true });
            }
            // A crash before this leaves the job as it was. Its message is dropped by the worker who gets it.
            else if (await idle.End(job, ClaimRule.Cancel, cancel) is EndResult.Ended ended) return await answers.Done(request, ended.Job);
        }

        throw new StorageBusyException($"Job {id}", TriesMax);
    }
}
