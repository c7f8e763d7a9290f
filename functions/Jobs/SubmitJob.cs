using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Takes a job: checks it, prices it, holds its credits and hands it to a worker; or only says what that would cost.</summary>
public sealed class SubmitJob(
    Callers callers, Catalogue catalogue, Ledger ledger, MakeJobOnce once, AcceptJob accept, JobAnswers answers, TimeProvider time)
{
    /// <summary>Three times the longest valid body: a prompt of 20,000 characters, each escaped to 6 bytes, and all metadata.</summary>
    private const long BodyBytesMax = 2 << 20;

    [Function("SubmitJob")]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/jobs")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var dryRun = query.Flag("dry_run") ?? false;
        var headers = PostHeaders.Of(request);
        FieldError[] faults = [.. query.RefuseOthers(), .. headers.Errors];
        if (faults.Length > 0) return Problems.InvalidRequest(faults);

        return dryRun
            ? await Quote(request, account, cancel)
            : await answers.Of(request, await Submit(request, account, headers, cancel), headers.Wait, cancel);
    }

    private async Task<Acceptance> Submit(HttpRequest request, AccountId account, PostHeaders headers, CancellationToken cancel)
    {
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return new Acceptance.Refused(refused.Problem);
        var read = (ReadBody.Read)body;
        using var document = read.Document;
        return await once.Make(request, account, headers.IdempotencyKey, read.Sha256, Accept, cancel);

        async Task<Acceptance> Accept(FreeKey? key) => Check(account, document.RootElement, out var errors) is { } job
            ? await accept.Take(job, key, cancel)
            : new Acceptance.Refused(Problems.InvalidRequest(errors));
    }

    /// <summary>Nothing is stored, held or called.</summary>
    private async Task<IResult> Quote(HttpRequest request, AccountId account, CancellationToken cancel)
    {
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (Check(account, document.RootElement, out var errors) is not { } job) return Problems.InvalidRequest(errors);
        var balance = await ledger.Read(account, cancel) ?? Balance.Zero;
        return Results.Json(JobQuote.Of(job, balance.Available), Json.Options);
    }

    private Job? Check(AccountId account, JsonElement json, out IReadOnlyList<FieldError> errors)
    {
        if (ReadJobRequest.From(json, "", catalogue, out errors) is not { } asked) return null;
        var now = time.GetUtcNow();
        return NewJob.From(account, JobId.New(now), asked, manifest: null, now);
    }
}
