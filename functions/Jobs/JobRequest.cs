using System.Globalization;
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
    public string ImageSize { get; init; } = ReadJobRequest.ImageSizeDefault;

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
    /// <remarks>Text, for a job can be read whatever its row has here. <see cref="Http.OutgoingUrl.Read"/> took it.</remarks>
    public string? WebhookUrl { get; init; }

    /// <summary>The job expires if no worker has begun it so long after it was accepted; null if it may wait.</summary>
    public TimeSpan? StartBefore { get; init; }

    /// <summary>What could be better about the prompt; noted on the job when it is accepted.</summary>
    public IReadOnlyList<JobWarning> Advice { get; init; } = [];

    /// <summary>All images that go along, the one to change first, each with its JSON pointer in the request.</summary>
    public IReadOnlyList<(string Pointer, ImageSource Image)> AllImages =>
    [
        .. EditOf is null ? [] : new[] { ("/edit_of", EditOf) },
        .. RefImages.Select((image, place) =>
            (string.Create(CultureInfo.InvariantCulture, $"/ref_images/{place}{(image.InObject ? "/image" : "")}"), image.Image)),
    ];

    /// <summary>The same with other images, in the order of <see cref="AllImages"/>.</summary>
    public JobRequest With(IReadOnlyList<ImageSource> images)
    {
        var references = EditOf is null ? images : [.. images.Skip(1)];
        return this with
        {
            EditOf = EditOf is null ? null : images[0],
            RefImages = [.. RefImages.Zip(references, (reference, image) => reference with { Image = image })],
        };
    }
}
