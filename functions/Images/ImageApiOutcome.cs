namespace Pipeline.Images;

/// <summary>How a call of the image API ended. One rule, <c>DecideNext</c>, says what follows from each.</summary>
public abstract record ImageApiOutcome
{
    private ImageApiOutcome()
    {
    }

    /// <summary>It made images; perhaps fewer than asked for.</summary>
    /// <param name="Urls">Where they are, at least one, in order. They may live for minutes only: download at once.</param>
    public sealed record Delivered(IReadOnlyList<Uri> Urls) : ImageApiOutcome
    {
        /// <summary>Its whole answer, as <see cref="RedactAnswer"/> keeps it.</summary>
        public string Answer { get; init; } = "";
    }

    /// <summary>It will not make this picture. Asking again is of no use.</summary>
    public sealed record ContentRejected(string Detail) : ImageApiOutcome;

    /// <summary>It did not accept the request, or our key. Asking again is of no use.</summary>
    public sealed record RequestRejected(string Detail) : ImageApiOutcome;

    /// <summary>It answered that all is well, without an image.</summary>
    public sealed record NoImage(string Detail) : ImageApiOutcome;

    /// <summary>It is overloaded or down, and made nothing.</summary>
    /// <param name="Detail">What it said.</param>
    /// <param name="RetryAfter">How long it asked to be left alone, if it did.</param>
    public sealed record Unavailable(string Detail, TimeSpan? RetryAfter) : ImageApiOutcome;

    /// <summary>The request was sent and no answer came: it may have made images, and charged for them.</summary>
    public sealed record Unknown(string Detail) : ImageApiOutcome;

    /// <summary>It was not called: an image that goes along cannot be had.</summary>
    /// <param name="Detail">Which, and why.</param>
    /// <param name="MayPass">Whether it may be there at the next attempt.</param>
    public sealed record ReferenceUnreachable(string Detail, bool MayPass) : ImageApiOutcome;
}
