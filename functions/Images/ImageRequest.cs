namespace Pipeline.Images;

/// <summary>What to ask the image API for.</summary>
/// <param name="Prompt">As it is sent.</param>
/// <param name="Model">The tier.</param>
/// <param name="Num">How many images, 1 to 9.</param>
/// <param name="ImageSize">The aspect ratio.</param>
public sealed record ImageRequest(string Prompt, Model Model, int Num, string ImageSize)
{
    /// <summary>Images that go along, in the order in which the prompt counts them; at most 10.</summary>
    public IReadOnlyList<ImageInput> Images { get; init; } = [];

    /// <summary>Whether the one image is to be changed: then the API's route for that is taken.</summary>
    public bool IsEdit { get; init; }

    /// <summary>Null leaves it to the model.</summary>
    public Thinking? Thinking { get; init; }

    public IReadOnlyList<SearchKind> Search { get; init; } = [];

    public ServiceTier ServiceTier { get; init; }
}

/// <summary>A stored image that goes along with a request.</summary>
/// <param name="Container">Where it is.</param>
/// <param name="Blob">Its name there.</param>
/// <param name="ContentType">What its bytes are.</param>
public sealed record ImageInput(string Container, string Blob, string ContentType);
