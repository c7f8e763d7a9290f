using System.ComponentModel;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>Takes a job: checks it, prices it, holds its credits and hands it to a worker; or only says what that would cost.</summary>
public sealed class SubmitJob(Callers callers, ReceiveJob receive, CheckJob check, LargeBodies large, Ledger ledger, JobAnswers answers)
{
    [Function("SubmitJob")]
    [Summary("Takes a job, holds its credits and hands it to a worker; or only says what that would cost.")]
    [Query(typeof(SubmitQuery))]
    [Header("Idempotency-Key")]
    [Header("Prefer")]
    [Body(typeof(JobFields))]
    [Answer(202, "The job, accepted.", typeof(JobView), Headers = ["Location", "Operation-Location", "Retry-After"],
        OptionalHeaders = ["Idempotent-Replayed", "Preference-Applied"])]
    [Answer(200, "The job, done while the answer waited, or deleted since.", typeof(JobView), Headers = ["Location", "Operation-Location"],
        OptionalHeaders = ["Idempotent-Replayed", "Preference-Applied"])]
    [Answer(200, "With dry_run: what it would cost.", typeof(JobQuote))]
    [Refuses(
        ProblemCode.InsufficientCredits, ProblemCode.IdempotencyKeyReused, ProblemCode.RequestInProgress)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var dryRun = query.Flag("dry_run") ?? false;
        var headers = PostHeaders.Of(request);
        FieldError[] faults = [.. query.RefuseOthers(), .. headers.Errors];
        if (faults.Length > 0) return Problems.InvalidRequest(faults);
        if (dryRun) return await Quote(request, account, cancel);

        var acceptance = await receive.From(request, account, headers.IdempotencyKey, ReceiveJob.AsItIs, cancel);
        return await answers.Of(request, acceptance, headers.Wait, cancel);
    }

    /// <summary>What may be asked for.</summary>
    public sealed record SubmitQuery(
        [DefaultValue(false), Description("Checks and prices the job; nothing is stored, held or called.")] bool? DryRun);

    /// <summary>Nothing is stored, held or called.</summary>
    private async Task<IResult> Quote(HttpRequest request, AccountId account, CancellationToken cancel)
    {
        var body = await ReadBody.Json(request, ReceiveJob.BodyBytesMax, large, account.Value, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var read = (ReadBody.Read)body;
        var (job, problem) = await check.Only(account, read.Document.RootElement, cancel);
        if (job is null) return problem!;
        var books = await ledger.Read(account, cancel) ?? Books.Empty;
        return Results.Json(JobQuote.Of(job, books.Balance.Available), Json.Options);
    }
}
