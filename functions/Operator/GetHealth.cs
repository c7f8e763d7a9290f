using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Whether storage and the image API can be reached. Open to all, so it tells no more, and asks only now and then.</summary>
public sealed class GetHealth(HealthChecks checks)
{
    [Function("GetHealth")]
    [OpenToAll]
    [Summary("Whether storage and the image API can be reached.")]
    [Answer(200, "All of them can.", typeof(HealthView), Headers = ["Cache-Control"])]
    [Answer(503, "Some of them cannot.", typeof(HealthView), Headers = ["Cache-Control"])]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/health")] HttpRequest request, CancellationToken cancel)
    {
        var health = await checks.Latest(cancel);
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return Results.Json(
            new HealthView("health", health.IsHealthy ? "healthy" : "unhealthy", health.CheckedAt, health.Checks),
            Json.Options, statusCode: health.IsHealthy ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    /// <summary>The app's health as the contract shows it.</summary>
    public sealed record HealthView(
        [AllowedValues("health")] string Object,
        [AllowedValues("healthy", "unhealthy")] string Status,
        DateTimeOffset CheckedAt,
        IReadOnlyList<HealthCheck> Checks);
}

/// <param name="CheckedAt">When.</param>
/// <param name="Checks">Each thing that is needed, and whether it answered.</param>
public sealed record Health(DateTimeOffset CheckedAt, IReadOnlyList<HealthCheck> Checks)
{
    public bool IsHealthy => Checks.All(check => check.Ok);
}

public sealed record HealthCheck(string Name, bool Ok);

/// <summary>Asks what the app needs whether it is there, at most every few seconds however often it is asked itself.</summary>
public sealed class HealthChecks(
    TableServiceClient tables, BlobServiceClient blobs, QueueServiceClient queues, ImageApi api, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan KeepFor = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan AnswerWithin = TimeSpan.FromSeconds(5);

    private readonly SemaphoreSlim turn = new(1, 1);
    private Health? latest;

    public async Task<Health> Latest(CancellationToken cancel)
    {
        await turn.WaitAsync(cancel);
        try
        {
            if (latest is { } known && known.CheckedAt + KeepFor > time.GetUtcNow()) return known;
            var checks = await Task.WhenAll(
                Check("tables", stop => tables.GetTableClient(StorageNames.AccountsTable)
                    .GetEntityIfExistsAsync<TableEntity>(AccountKeys.AccountPartition, "health", cancellationToken: stop), cancel),
                Check("blobs", stop => blobs.GetBlobContainerClient(StorageNames.OutputsContainer)
                    .GetPropertiesAsync(cancellationToken: stop), cancel),
                Check("queues", stop => queues.GetQueueClient(StorageNames.StandardQueue).GetPropertiesAsync(stop), cancel),
                Check("image_api", api.Reach, cancel));
            return latest = new Health(time.GetUtcNow(), checks);
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose() => turn.Dispose();

    private async Task<HealthCheck> Check(string name, Func<CancellationToken, Task> ask, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        using var timer = time.CreateTimer(_ => limit.Cancel(), null, AnswerWithin, Timeout.InfiniteTimeSpan);
        try
        {
            await ask(limit.Token);
            return new HealthCheck(name, true);
        }
        // Whatever keeps it from answering is the finding; it is reported, not handled.
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return new HealthCheck(name, false);
        }
    }
}
