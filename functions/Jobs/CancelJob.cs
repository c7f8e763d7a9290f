using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>Ends a job early: at once if no worker is at it, else by asking the worker, who keeps what still gets delivered.</summary>
public sealed class CancelJob(Callers callers, StopJob stop, JobAnswers answers)
{
    [Function("CancelJob")]
    [Summary("Ends a job early. What is delivered already is kept and paid, the rest released.")]
    [Answer(200, "The job, ended.", typeof(JobView), Headers = ["Location", "Operation-Location"])]
    [Answer(202, "The job; the worker that is at it ends it, or its turn in its manifest does.", typeof(JobView),
        Headers = ["Location", "Operation-Location", "Retry-After"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.JobAlreadyFinished, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs/{id}/cancel")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        if (!JobId.TryParse(id, out var jobId)) return GetJob.NoJob(id);
        return await stop.Run(account, jobId, cancel) switch
        {
            StopResult.Ended ended => await answers.Done(request, ended.Job),
            StopResult.Asked asked => await answers.Accepted(request, asked.Job),
            StopResult.Done done => Problems.JobAlreadyFinished(done.Job.Id.Value, Json.Name(done.Job.Status), "what is done stays"),
            _ => GetJob.NoJob(id),
        };
    }
}
