using System.Text.Json;
using Pipeline.References;

namespace Pipeline.Jobs;

/// <summary>An image that goes along with a job, in the forms that the contract has for it.</summary>
public abstract record ImageSource
{
    private ImageSource()
    {
    }

    /// <summary>An address of the caller's. It is fetched once, by the guarded client, and stored.</summary>
    /// <param name="Address">https.</param>
    /// <param name="Stored">What was fetched; null until it was.</param>
    public sealed record Web(Uri Address, ReferenceId? Stored = null) : ImageSource
    {
        public override string ToString() => Address.AbsoluteUri;
    }

    /// <summary>An image that the caller stored before.</summary>
    public sealed record Reference(ReferenceId Id) : ImageSource
    {
        public override string ToString() => Id.Value;
    }

    /// <summary>An image that a job of the account made, as <c>job_…/0</c>.</summary>
    public sealed record OfJob(JobId Job, int Index) : ImageSource
    {
        public override string ToString() => $"{Job}/{Index}";
    }

    /// <summary>What a job's row has that is none of the others: shown as it is, so that one job does not hide all in its list.</summary>
    public sealed record Unreadable(string Text) : ImageSource
    {
        public override string ToString() => Text;
    }

    /// <summary>The image itself, as a data URI. It is stored as a reference before anything else is done.</summary>
    /// <param name="Text">The JSON string of the data URI.</param>
    public sealed record Inline(JsonElement Text) : ImageSource
    {
        // Megabytes; rows, messages, logs and answers must never have it.
        public override string ToString() => throw new InvalidOperationException("An inline image was not stored as a reference.");
    }
}

/// <summary>What a reference image is there for.</summary>
public enum ReferenceRole
{
    Style,
    Object,
    Character,
}

/// <param name="Image">Where it is.</param>
/// <param name="Role">What for, or null if the prompt says so.</param>
public sealed record ReferenceImage(ImageSource Image, ReferenceRole? Role)
{
    /// <summary>Whether it was given as an object, which is where an error about it points.</summary>
    public bool InObject { get; init; }
}
