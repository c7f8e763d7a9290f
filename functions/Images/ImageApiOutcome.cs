using System.Text.Json;

namespace Pipeline.Images;

/// <summary>How an attempt at the image API ended. One rule, <c>DecideNext</c>, says what follows from each.</summary>
/// <param name="Detail">What happened, for people; never with a URL's signature in it.</param>
public abstract record ImageApiOutcome(string Detail)
{
    /// <summary>As the contract and the docs call it: <c>delivered_in_part</c>.</summary>
    public string Name => NameOf(GetType());

    public static string NameOf(Type outcome) => JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.Name);

    /// <summary>It made images.</summary>
    /// <param name="Urls">Where they are, at least one, in order. They may live for minutes only: download at once.</param>
    /// <param name="Detail">What happened.</param>
    public abstract record Made(IReadOnlyList<Uri> Urls, string Detail) : ImageApiOutcome(Detail)
    {
        /// <summary>Its whole answer, as <see cref="RedactAnswer"/> keeps it.</summary>
        public string Answer { get; init; } = "";
    }

    /// <summary>It made all images that it was asked for.</summary>
    public sealed record Delivered(IReadOnlyList<Uri> Urls) : Made(Urls, "");

    /// <summary>It made fewer images than it was asked for.</summary>
    public sealed record DeliveredInPart(IReadOnlyList<Uri> Urls, string Detail) : Made(Urls, Detail);

    /// <summary>It will not make this picture. Asking again is of no use.</summary>
    public sealed record ContentRejected(string Detail) : ImageApiOutcome(Detail);

    /// <summary>It did not accept the request. Asking again is of no use.</summary>
    public sealed record RequestRejected(string Detail) : ImageApiOutcome(Detail);

    /// <summary>It did not accept our key, or our account there is empty. Nobody's job will fare better until an operator acts.</summary>
    public sealed record KeyRefused(string Detail) : ImageApiOutcome(Detail);

    /// <summary>We ask too often. It made nothing.</summary>
    /// <param name="Detail">What it said.</param>
    /// <param name="RetryAfter">How long it asked to be left alone, if it did.</param>
    public sealed record Throttled(string Detail, TimeSpan? RetryAfter) : ImageApiOutcome(Detail);

    /// <summary>It is overloaded or down, and made nothing.</summary>
    /// <param name="Detail">What it said.</param>
    /// <param name="RetryAfter">How long it asked to be left alone, if it did.</param>
    public sealed record Unavailable(string Detail, TimeSpan? RetryAfter) : ImageApiOutcome(Detail);

    /// <summary>It answered that all is well, without an image.</summary>
    public sealed record NoImage(string Detail) : ImageApiOutcome(Detail);

    /// <summary>It made images, and what was behind the URL of at least one is no whole image.</summary>
    public sealed record InvalidOutput(string Detail) : ImageApiOutcome(Detail);

    /// <summary>The request was sent and no answer came: it may have made images, and charged for them.</summary>
    public sealed record Unknown(string Detail) : ImageApiOutcome(Detail);

    /// <summary>It was not called: since this job's turn came, others found out that it is to be left alone.</summary>
    /// <param name="Detail">Why it is left alone.</param>
    /// <param name="RetryAfter">For how long, if that is known.</param>
    public sealed record LeftAlone(string Detail, TimeSpan? RetryAfter) : ImageApiOutcome(Detail);

    /// <summary>It was not called: an image that goes along cannot be had.</summary>
    /// <param name="Detail">Which, and why.</param>
    /// <param name="MayPass">Whether it may be there at the next attempt.</param>
    public sealed record ReferenceUnreachable(string Detail, bool MayPass) : ImageApiOutcome(Detail);
}

/// <summary>An attempt's outcome at the image API, and what it took.</summary>
/// <param name="Outcome">How it ended.</param>
/// <param name="Calls">How many requests were sent: those that made nothing were repeated while that was quick.</param>
public sealed record ImageApiAnswer(ImageApiOutcome Outcome, int Calls);
