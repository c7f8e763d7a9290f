using System.ComponentModel.DataAnnotations;
using Azure;
using Pipeline.Accounts;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Queued, then running, then one of the last five, which never change.</summary>
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

/// <summary>What the caller asked for, checked and with its defaults filled in.</summary>
/// <param name="Prompt">1 to 20,000 characters.</param>
/// <param name="Model">The tier.</param>
/// <param name="Num">How many images, 1 to 9.</param>
/// <param name="ImageSize">The aspect ratio, as <c>16:9</c>.</param>
/// <param name="CustomId">The caller's own name for it, or null.</param>
/// <param name="Metadata">The caller's own pairs.</param>
public sealed record JobRequest(
    string Prompt, Model Model, int Num, string ImageSize, string? CustomId, IReadOnlyDictionary<string, string> Metadata);

/// <summary>A job, as its row in the ledger keeps it.</summary>
public sealed record Job
{
    public required AccountId Account { get; init; }

    public required JobId Id { get; init; }

    public required JobRequest Request { get; init; }

    /// <summary>The manifest it came with, or null.</summary>
    public string? Manifest { get; init; }

    public required JobStatus Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>How often a worker claimed it.</summary>
    public int Attempts { get; init; }

    /// <summary>The worker's claim that holds it, or null if no worker works on it.</summary>
    public string? Claim { get; init; }

    /// <summary>
    /// With a claim: until when it stands if nobody renews it. Without: not to be worked on before.
    /// </summary>
    public DateTimeOffset? LeaseUntil { get; init; }

    /// <summary>The images that are stored so far.</summary>
    public IReadOnlyList<StoredImage> Images { get; init; } = [];

    /// <summary>Why the last attempt did not end the job, or null.</summary>
    public JobError? LastReason { get; init; }

    /// <summary>Why the job did not succeed, or null.</summary>
    public JobError? Error { get; init; }

    public IReadOnlyList<JobWarning> Warnings { get; init; } = [];

    /// <summary>Its credits; held + captured + released is always its price.</summary>
    public required JobCredits Credits { get; init; }

    /// <summary>Of the row, when it was read or written.</summary>
    public ETag ETag { get; init; }

    public bool IsTerminal => Status is not (JobStatus.Queued or JobStatus.Running);
}

/// <summary>A job's credits: all held while it is open, then captured for stored images, the rest released.</summary>
public sealed record JobCredits(long Held, long Captured, long Released);

/// <param name="Code">One of the contract's codes of failed jobs.</param>
/// <param name="Detail">What happened, for people.</param>
public sealed record JobError(
    [AllowedValues("content_rejected", "no_image", "output_invalid", "outcome_unknown", "upstream_rejected", "upstream_unavailable")]
    string Code,
    string Detail);

/// <param name="Code"><c>size_mismatch</c>.</param>
/// <param name="Detail">What is off, with numbers.</param>
public sealed record JobWarning([AllowedValues("size_mismatch")] string Code, string Detail);
