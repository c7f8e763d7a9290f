using System.Globalization;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.Logging;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Takes a job: checks it, prices it, holds its credits and hands it to a worker.</summary>
public sealed partial class SubmitJob(
    Callers callers, Catalogue catalogue, Ledger ledger, JobQueues queues, JobViews views, JobOptions options, TimeProvider time,
    ILogger<SubmitJob> logger)
{
    /// <summary>Three times the longest valid body: a prompt of 20,000 characters, each escaped to 6 bytes, and all metadata.</summary>
    private const long BodyBytesMax = 2 << 20;

    [Function("SubmitJob")]
    [Summary("Takes a job, holds its credits and hands it to a worker.")]
    [Body(typeof(JobFields))]
    [Answer(202, "The job, queued.", typeof(JobView), Headers = ["Location", "Operation-Location", "Retry-After"])]
    [Refuses(ProblemCode.InsufficientCredits)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();

        if (Unsupported(request) is { Count: > 0 } unsupported) return Problems.InvalidRequest(unsupported);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (ReadJobRequest.From(document.RootElement, "", catalogue, out var errors) is not { } asked)
            return Problems.InvalidRequest(errors);

        var now = time.GetUtcNow();
        var job = NewJob.From(account, JobId.New(now), asked, manifest: null, now);

        // A crash after this leaves an open job without a message; the sweeper sends one.
        switch (await ledger.Commit(account, balance => Hold(balance, job, now + options.ResendAfter), cancel))
        {
            case CommitResult.Insufficient few: return Problems.InsufficientCredits(few.Needed, few.Available);
            case CommitResult.Committed: break;
            case var other: throw new InvalidOperationException($"A new job cannot be held: {other}.");
        }

        await Send(job);
        return await Accepted(request, job);
    }

    /// <summary>The job is accepted, whether the caller waits or storage falters: what is not sent here, the sweeper sends.</summary>
    private async Task Send(Job job)
    {
        try
        {
            await queues.Send(job, TimeSpan.Zero, CancellationToken.None);
        }
        catch (Exception e) when (StorageFault.IsUnknownOutcome(e))
        {
            Log.NotSent(logger, job.Account.Value, job.Id.Value, e);
        }
    }

    /// <summary>What a caller relies on to save credits must not be passed over in silence.</summary>
    private static List<FieldError> Unsupported(HttpRequest request)
    {
        var errors = new QueryFields(request.Query).RefuseOthers().ToList();
        if (request.Headers.ContainsKey("Idempotency-Key"))
        {
            errors.Add(new FieldError(
                "Idempotency-Key", "unknown_field", "The header 'Idempotency-Key' is not supported: send the job without it."));
        }

        return errors;
    }

    /// <summary>Holds a job's whole price, or refuses; the job and its hold are added with the entry.</summary>
    internal static Decision Hold(Balance balance, Job job, DateTimeOffset due)
    {
        var price = job.Credits.Held;
        if (balance.Available < price) return new Decision.Insufficient(price, balance.Available);
        return new Decision.Accept(
            [new Transfer(TransferKind.Hold, price, job.Id.Value)],
            [
                new(TableTransactionActionType.Add, JobRow.Whole(job)),
                new(TableTransactionActionType.Add, OpenHold.New(job.Account, job.Id.Value, price, due).ToRow()),
            ]);
    }

    private async Task<IResult> Accepted(HttpRequest request, Job job)
    {
        var url = JobUrls.Of(request, job.Id);
        var headers = request.HttpContext.Response.Headers;
        headers.Location = url;
        headers["Operation-Location"] = url;
        headers.RetryAfter = JobUrls.PollAfter(job).ToString(CultureInfo.InvariantCulture);
        return Results.Json(await views.Of(job, CancellationToken.None), Json.Options, statusCode: StatusCodes.Status202Accepted);
    }

    private static partial class Log
    {
        [LoggerMessage(15, LogLevel.Warning, "{Account} {Job}: accepted, but its message could not be sent; the sweeper will.")]
        public static partial void NotSent(ILogger logger, string account, string job, Exception e);
    }
}
