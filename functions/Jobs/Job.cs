using System.ComponentModel.DataAnnotations;
using Azure;
using Pipeline.Accounts;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>
/// Queued, then running, then one of the last five, which never change. Queued once more only if its first attempt called nobody.
/// </summary>
public enum JobStatus
{
    Queued,
    Running,
    Succeeded,
    PartiallySucceeded,
    Failed,
    Canceled,
    Expired,
}

/// <summary>A job, as its row in the ledger keeps it.</summary>
public sealed record Job
{
    public required AccountId Account { get; init; }

    public required JobId Id { get; init; }

    public required JobRequest Request { get; init; }

    /// <summary>The manifest it came with, or null.</summary>
    public string? Manifest { get; init; }

    /// <summary>Where it stands in the manifest's file, or null.</summary>
    public FilePlace? InFile { get; init; }

    /// <summary>The job whose image it edits, redoes or completes, or null.</summary>
    public JobId? Parent { get; init; }

    /// <summary>
    /// The images of the conversation so far, as <c>job_…/0</c>, from its beginning to the one that this job edits; empty if none.
    /// </summary>
    public IReadOnlyList<string> Conversation { get; init; } = [];

    public required JobStatus Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>It expires if it is still queued then; null if it may wait.</summary>
    public DateTimeOffset? StartBefore { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How often a worker claimed it.</summary>
    public int Attempts { get; init; }

    /// <summary>The worker's claim that holds it, or null if no worker works on it.</summary>
    public string? Claim { get; init; }

    /// <summary>With a claim: until when it stands if nobody renews it. Without: not to be worked on before.</summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>When it was first sent back since nobody calls the image API; null if it never was.</summary>
    public DateTimeOffset? WaitsSince { get; init; }

    /// <summary>The caller asked for its end while a worker was at it. It is written by nothing else and never taken back.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>When its images and words were deleted, or null.</summary>
    public DateTimeOffset? DeletedAt { get; init; }

    /// <summary>The images that are stored so far.</summary>
    public IReadOnlyList<StoredImage> Images { get; init; } = [];

    /// <summary>Its attempts, the first first.</summary>
    public IReadOnlyList<Attempt> History { get; init; } = [];

    /// <summary>Why the last attempt did not end the job, or null.</summary>
    public JobError? LastReason { get; init; }

    /// <summary>Why the job did not succeed, or null.</summary>
    public JobError? Error { get; init; }

    public IReadOnlyList<JobWarning> Warnings { get; init; } = [];

    /// <summary>Its credits; held + captured + released is always its price.</summary>
    public required JobCredits Credits { get; init; }

    /// <summary>The number of the entry that holds its credits; null if they were held with those of its manifest.</summary>
    public long? HeldBy { get; init; }

    /// <summary>The number of the last entry that settled its credits; null while it is open.</summary>
    public long? SettledBy { get; init; }

    /// <summary>What its capture says was delivered, see <see cref="Jobs.Delivery"/>; null if nothing was captured.</summary>
    public string? Delivered { get; init; }

    /// <summary>
    /// The trace that it belongs to, as <c>traceparent</c>: that of the request which made it; of a manifest's job, that of its first
    /// message. Null until then, or if nothing is traced.
    /// </summary>
    public string? Trace { get; init; }

    /// <summary>Of the row, when it was read or written.</summary>
    public ETag ETag { get; init; }

    /// <summary>What its blobs' names begin with.</summary>
    public string Folder => FolderOf(Account, Id);

    public bool IsTerminal => Status is not (JobStatus.Queued or JobStatus.Running);

    public static string FolderOf(AccountId account, JobId id) => $"{account}/{id}/";
}

/// <param name="Line">Where it begins in the file, from 1.</param>
/// <param name="Index">Which of the file's jobs it is, from 0, counting those that are not valid.</param>
public sealed record FilePlace(long Line, int Index);

/// <summary>A job's credits: all held while it is open, then captured for stored images, the rest released.</summary>
public sealed record JobCredits(long Held, long Captured, long Released);

/// <param name="Code">One of the contract's codes of failed jobs.</param>
/// <param name="Detail">What happened, for people.</param>
public sealed record JobError(
    [AllowedValues(
        "content_rejected", "no_image", "output_invalid", "outcome_unknown", "reference_unreachable", "upstream_rejected",
        "upstream_unavailable")]
    string Code,
    string Detail);

/// <param name="Code">As in the table of warnings in <c>docs/api.md</c>.</param>
/// <param name="Detail">What is off, with numbers.</param>
public sealed record JobWarning(
    [AllowedValues("prompt_short", "prompt_keywords", "prompt_text_unquoted", "prompt_ratio", "size_mismatch", "insufficient_credits")]
    string Code,
    string Detail);
