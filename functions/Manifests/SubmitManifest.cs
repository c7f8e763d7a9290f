using System.ComponentModel;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Net.Http.Headers;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Manifests.Reading;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>Takes a manifest over HTTP, as if it were dropped; or only says what is in it and what it would cost.</summary>
public sealed class SubmitManifest(
    Callers callers, PlanManifest planner, LinesThatRan ran, ManifestTable manifests, ManifestBlobs blobs, RegisterManifest register,
    Ledger ledger, ManifestAnswers answers, ReceiveBody receive)
{
    private static readonly string[] JsonTypes = ["application/json"];
    private static readonly string[] LinesTypes = ["application/x-ndjson", "application/jsonl", "application/x-jsonlines"];

    [Function("SubmitManifest")]
    [Summary("Takes a manifest, as if its file were dropped; or only says what is in it and what it would cost.")]
    [Query(typeof(SubmitQuery))]
    [Body(typeof(Stream), "application/json", "application/x-ndjson", "application/jsonl")]
    [Answer(202, "The manifest, yet to be read.", typeof(ManifestView), Headers = ["Location"])]
    [Answer(200, "The manifest that the same file became before.", typeof(ManifestView), Headers = ["Location"])]
    [Answer(200, "With dry_run: the report.", typeof(ReportView))]
    [Refuses(ProblemCode.InvalidRequest, ProblemCode.UnknownField, ProblemCode.TooLarge, ProblemCode.UnsupportedMediaType)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/manifests")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var dryRun = query.Flag("dry_run") ?? false;
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        if (FormatOf(request) is not { } format) return Problems.NotAManifest(request.ContentType);

        var received = await receive.Run(request, account.Value, cancel);
        if (received is not ReceivedBody.Whole body) return ((ReceivedBody.Refused)received).Problem;
        await using var untilAnswered = body;
        return dryRun ? await Report(account, format, body, cancel) : await Register(request, account, format, body, cancel);
    }

    private async Task<IResult> Register(
        HttpRequest request, AccountId account, ManifestFormat format, ReceivedBody.Whole body, CancellationToken cancel)
    {
        if (await manifests.FindByContent(account, body.Sha256, cancel) is { } known && ManifestId.TryParse(known, out var id)
            && await manifests.Find(account, id, cancel) is { } same)
            return await answers.There(request, same, cancel);
        body.File.Position = 0;
        // A crash after this leaves a file that its event, or the sweeper's listing, makes a manifest of.
        var file = await blobs.Store(ManifestFile.PostedBlob(account.Value, format), body.File, cancel);
        return await answers.Accepted(request, await register.Run(account, file, cancel), cancel);
    }

    /// <summary>What may be asked for.</summary>
    public sealed record SubmitQuery(
        [DefaultValue(false), Description("Only reports what is in the file and what it would cost; nothing is stored, held or called.")]
        bool? DryRun);

    private static ManifestFormat? FormatOf(HttpRequest request)
    {
        // The bytes themselves tell whether they are compressed.
        if (request.Headers.ContentEncoding.ToString() is not ("" or "gzip" or "identity")) return null;
        if (request.ContentType is not { Length: > 0 } given) return ManifestFormat.Json;
        if (!MediaTypeHeaderValue.TryParse(given, out var type)) return null;
        return JsonTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase) ? ManifestFormat.Json
            : LinesTypes.Contains(type.MediaType.Value, StringComparer.OrdinalIgnoreCase) ? ManifestFormat.Lines
            : null;
    }

    /// <summary>Nothing is stored, held or called.</summary>
    private async Task<IResult> Report(AccountId account, ManifestFormat format, ReceivedBody.Whole body, CancellationToken cancel)
    {
        await using var plan = await planner.Run(account, format, Open, Earlier, cancel);
        var available = (await ledger.Read(account, cancel))?.Balance.Available ?? 0;
        var verdict = ManifestVerdict.Of(plan!, await manifests.FindByContent(account, body.Sha256, cancel), available);
        var report = TemporaryFile.Create();
        await new ManifestReport(null, plan!.Head.Name ?? "", plan, verdict.Jobs, verdict.Price, available, verdict.Refusal)
            .Write(report, cancel);
        report.Position = 0;
        return Results.Stream(report, "application/json");

        Task<Stream?> Open(CancellationToken stop)
        {
            body.File.Position = 0;
            return Task.FromResult<Stream?>(PipeReader.Create(body.File, new StreamPipeReaderOptions(leaveOpen: true)).AsStream());
        }

        async Task<IReadOnlyDictionary<UInt128, int>> Earlier(ManifestPlan read, CancellationToken stop) =>
            (await ran.Find(account, LinesThatRan.Key(null, read), stop)).Counted;
    }
}
