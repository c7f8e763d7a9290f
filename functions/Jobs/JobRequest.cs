using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>What the caller asked for, checked and with its defaults filled in.</summary>
public sealed record JobRequest
{
    /// <summary>1 to 20,000 characters.</summary>
    public required string Prompt { get; init; }

    /// <summary>The tier.</summary>
    public required Model Model { get; init; }

    /// <summary>How many images, 1 to 9.</summary>
    public int Num { get; init; } = 1;

    /// <summary>The aspect ratio, as <c>16:9</c>.</summary>
    public string ImageSize { get; init; } = "1:1";

    /// <summary>Images to go by, at most 10; of them at most 4 characters.</summary>
    public IReadOnlyList<ReferenceImage> RefImages { get; init; } = [];

    /// <summary>The image to change, or null to make one from nothing.</summary>
    public ImageSource? EditOf { get; init; }

    /// <summary>Null leaves it to the model.</summary>
    public Thinking? Thinking { get; init; }

    public IReadOnlyList<SearchKind> Search { get; init; } = [];

    public ServiceTier ServiceTier { get; init; }

    /// <summary>The caller's own name for it, or null.</summary>
    public string? CustomId { get; init; }

    /// <summary>The caller's own pairs.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Called for this job's events besides the account's endpoint, or null.</summary>
    public Uri? WebhookUrl { get; init; }

    /// <summary>The job expires if no worker has begun it so long after it was accepted; null if it may wait.</summary>
    public TimeSpan? StartBefore { get; init; }

    /// <summary>What could be better about the prompt; noted on the job when it is accepted.</summary>
    public IReadOnlyList<JobWarning> Advice { get; init; } = [];
}
