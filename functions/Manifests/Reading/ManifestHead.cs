using System.Text.Json;

namespace Pipeline.Manifests.Reading;

/// <summary>How a manifest's file is laid out.</summary>
public enum ManifestFormat
{
    /// <summary>One JSON object with <c>jobs</c>, or an array of jobs.</summary>
    Json,

    /// <summary>A job a line, with an optional first line <c>{"manifest":{…}}</c>.</summary>
    Lines,
}

/// <summary>What becomes of a manifest with jobs that are not valid.</summary>
public enum OnInvalid
{
    /// <summary>The valid ones run.</summary>
    Skip,

    /// <summary>None runs.</summary>
    Reject,
}

/// <summary>What becomes of a manifest that costs more than there is.</summary>
public enum OnInsufficientCredits
{
    /// <summary>None of its jobs runs.</summary>
    Reject,

    /// <summary>As many run as can be paid for, from the first on.</summary>
    Partial,
}

/// <summary>What a manifest says of itself.</summary>
public sealed record ManifestHead
{
    public string? Name { get; init; }

    public OnInvalid OnInvalid { get; init; }

    public OnInsufficientCredits OnInsufficientCredits { get; init; }

    /// <summary>The most that its jobs may cost together, or null for no limit of its own.</summary>
    public long? MaxCredits { get; init; }

    public string? WebhookUrl { get; init; }

    /// <summary>Fields of its jobs, for those that do not give them; null if there are none.</summary>
    public JsonElement? Defaults { get; init; }

    /// <summary>What is wrong with these, or with the file as a whole. If there is anything, nothing of the file may run.</summary>
    public IReadOnlyList<ManifestError> Errors { get; init; } = [];
}

/// <param name="Line">Where it is in the file, from 1; in a compressed one, of what it holds.</param>
/// <param name="Pointer">The JSON pointer of what is wrong; in a file with a job a line, within the line.</param>
/// <param name="Code">As in a problem's errors.</param>
/// <param name="Detail">What was given and what is expected.</param>
public sealed record ManifestError(long Line, string Pointer, string Code, string Detail);
