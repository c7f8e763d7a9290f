using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>Deletes a job's images and takes the caller's words out of its row. What it cost stays, in row and entries.</summary>
public sealed class DeleteJob(Callers callers, TableServiceClient tables, JobTable jobs, EraseImages erase, TimeProvider time)
{
    /// <summary>A job that is done changes only once more, by this; the second try meets that.</summary>
    private const int TriesMax = 3;

    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("DeleteJob")]
    [Summary("Deletes a job's images and words; its status and credits stay.")]
    [Answer(204, "They are gone.")]
    [Refuses(ProblemCode.NotFound, ProblemCode.RequestInProgress, ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "delete", Route = "v1/jobs/{id}")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (!JobId.TryParse(id, out var jobId) || await jobs.Read(account, jobId, cancel) is not { } job) return GetJob.NoJob(id);
            if (!job.IsTerminal) return IsOpen(job);

            // A crash after this leaves blobs that no job leads to, and a row that says so; the sweeper deletes them.
            if (job.DeletedAt is null && !await TryRedact(job, cancel)) continue;
            await erase.Of(account, jobId, cancel);
            return Results.NoContent();
        }

        throw new StorageBusyException($"Job {id}", TriesMax);
    }

    internal static Problem IsOpen(Job job) =>
        Problems.JobIsOpen(job.Id.Value, Json.Name(job.Status), TimeSpan.FromSeconds(JobUrls.PollAfter(job)));

    private async Task<bool> TryRedact(Job job, CancellationToken cancel)
    {
        try
        {
            await table.SubmitTransactionAsync(
                [
                    new(TableTransactionActionType.UpdateMerge, JobRow.Deleted(job, time.GetUtcNow()), job.ETag),
                    new(TableTransactionActionType.Add, EraseImages.Row(job.Account, job.Id, time.GetUtcNow())),
                ],
                cancel);
            return true;
        }
        catch (TableTransactionFailedException e) when (e.Status is 409 or 412)
        {
            // Another request was faster, or this one's answer was lost and the SDK sent it again.
            return false;
        }
    }
}
