using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>The exclusive right to something that a blob stands for: a lease, renewed until it is given back or lost.</summary>
internal sealed partial class BlobClaim : IAsyncDisposable
{
    private readonly BlobLeaseClient lease;
    private readonly HostSetup setup;
    private readonly ILogger logger;
    private readonly CancellationTokenSource done;
    private readonly CancellationTokenSource lost = new();
    private readonly Task renewing;

    private BlobClaim(BlobLeaseClient lease, HostSetup setup, ILogger logger, CancellationToken abandoned)
    {
        this.lease = lease;
        this.setup = setup;
        this.logger = logger;
        done = CancellationTokenSource.CreateLinkedTokenSource(abandoned);
        renewing = Renew(done.Token);
    }

    /// <summary>For conditions of writes to the blob.</summary>
    public string LeaseId => lease.LeaseId;

    /// <summary>Fires when another may have the claim.</summary>
    public CancellationToken Lost => lost.Token;

    /// <returns>Null while another process has it.</returns>
    public static async Task<BlobClaim?> TryTake(BlobClient blob, HostSetup setup, ILogger logger, CancellationToken abandoned)
    {
        await CreateIfAbsent(blob);
        var lease = blob.GetBlobLeaseClient();
        try
        {
            await lease.AcquireAsync(setup.Times.BlobLease, cancellationToken: CancellationToken.None);
            return new BlobClaim(lease, setup, logger, abandoned);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.LeaseAlreadyPresent)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await done.CancelAsync();
        await renewing;
        try
        {
            await lease.ReleaseAsync(cancellationToken: CancellationToken.None);
        }
        catch (Exception e)
        {
            // It ends by itself after its time; what was done under it is done.
            Log.NotReleased(logger, e, lease.Uri);
        }

        done.Dispose();
        lost.Dispose();
    }

    private static async Task CreateIfAbsent(BlobClient blob)
    {
        try
        {
            await CreateNew(blob);
        }
        catch (RequestFailedException e) when (e.ErrorCode == BlobErrorCode.ContainerNotFound)
        {
            await blob.GetParentBlobContainerClient().CreateIfNotExistsAsync(cancellationToken: CancellationToken.None);
            await CreateNew(blob);
        }
    }

    private static async Task CreateNew(BlobClient blob)
    {
        try
        {
            var onlyNew = new BlobUploadOptions { Conditions = new BlobRequestConditions { IfNoneMatch = ETag.All } };
            await blob.UploadAsync(BinaryData.FromString(""), onlyNew, CancellationToken.None);
        }
        catch (RequestFailedException e)
            when (e.ErrorCode == BlobErrorCode.BlobAlreadyExists || e.ErrorCode == BlobErrorCode.LeaseIdMissing)
        {
            // It is there already, perhaps claimed: the lease tells.
        }
    }

    private async Task Renew(CancellationToken done)
    {
        var renewed = setup.Clock.GetTimestamp();
        while (true)
        {
            await Task.Delay(setup.Times.BlobLeaseRenewal, setup.Clock, done).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (done.IsCancellationRequested) return;
            try
            {
                await lease.RenewAsync(cancellationToken: CancellationToken.None);
                renewed = setup.Clock.GetTimestamp();
            }
            catch (Exception e)
            {
                // An outage shorter than the lease costs nothing; whatever it was, without renewal the claim ends.
                Log.NotRenewed(logger, e, lease.Uri);
                var taken = e is RequestFailedException { Status: 404 or 409 or 412 };
                if (!taken && setup.Clock.GetElapsedTime(renewed) < setup.Times.BlobLease) continue;
                await lost.CancelAsync();
                return;
            }
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Warning, "The lease of {Blob} was not renewed.")]
        public static partial void NotRenewed(ILogger logger, Exception e, Uri blob);

        [LoggerMessage(LogLevel.Warning, "The lease of {Blob} was not released.")]
        public static partial void NotReleased(ILogger logger, Exception e, Uri blob);
    }
}
