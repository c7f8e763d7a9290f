using Local.ImageApi.Faults;

namespace Pipeline.Tests.Faults;

/// <summary>How a job ends.</summary>
/// <param name="Status">Its status.</param>
/// <param name="Error">The code of its error, or null.</param>
/// <param name="Lacks">How many of its images it does not get; all of them where it is above the number asked for.</param>
/// <param name="Attempts">How many it takes.</param>
/// <param name="Warning">The code of its warning, or null.</param>
internal sealed record End(string Status, string? Error, int Lacks, int Attempts, string? Warning = null)
{
    private const int All = 9;

    public static End Succeeded(int attempts, string? warning = null) => new("succeeded", null, 0, attempts, warning);

    public static End Failed(string error, int attempts) => new("failed", error, All, attempts);

    public static End Partly(string error, int lacks, int attempts) => new("partially_succeeded", error, lacks, attempts);
}

/// <summary>A fault of the image API, and how the jobs end that meet it.</summary>
/// <param name="Fault">Its name, as prompts ask for it.</param>
/// <param name="Always">If every call meets it.</param>
/// <param name="Once">If only the first call does.</param>
internal sealed record UpstreamCase(string Fault, End Always, End Once)
{
    /// <summary>How often a job is tried in all here: so few that two jobs do not make the app give up on the API for a while.</summary>
    public const int AttemptsMax = 2;

    /// <summary>How it ends with several images, where that is another end than with one.</summary>
    public End? AlwaysOfSeveral { get; init; }

    /// <summary>How it ends with several images, where that is another end than with one.</summary>
    public End? OnceOfSeveral { get; init; }

    /// <summary>Whether it looks as if the API were down or refused everybody: such a fault must not befall others' calls.</summary>
    public bool IsOfTheApi { get; init; }

    /// <summary>Whether the provider makes and charges images that never reach us.</summary>
    public bool IsPaidForNothing { get; init; }

    /// <summary>Every fault of the simulator, and what the app makes of it.</summary>
    public static readonly IReadOnlyList<UpstreamCase> All =
    [
        // Refused: asking again is of no use.
        Final("401", "upstream_rejected") with { IsOfTheApi = true },
        Final("400", "upstream_rejected"),
        Final("safety", "content_rejected"),

        // Down or busy: asked again, and nothing was made.
        Passing("429", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("429-after-2", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("429-date", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("500", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("502", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("503", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("504", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("html", "upstream_unavailable") with { IsOfTheApi = true },
        Passing("code", "upstream_unavailable") with { IsOfTheApi = true },

        // Sent and not answered: it may have been carried out.
        Passing("hang", "outcome_unknown") with { IsOfTheApi = true },
        Passing("reset", "outcome_unknown") with { IsOfTheApi = true },
        Passing("lost", "outcome_unknown") with { IsOfTheApi = true, IsPaidForNothing = true },

        // Answered with too little. One image less than one is none.
        new("empty", End.Failed("no_image", attempts: 2), End.Succeeded(attempts: 2)),
        new("fewer", End.Failed("no_image", attempts: 2), End.Succeeded(attempts: 2))
        {
            AlwaysOfSeveral = End.Partly("no_image", lacks: 1, attempts: 2),
        },

        // Answered with other images than asked for.
        new("wrong-size", End.Succeeded(attempts: 1, "size_mismatch"), End.Succeeded(attempts: 1, "size_mismatch")),
        Passing("url-404", "output_invalid") with { IsPaidForNothing = true },
        Passing("url-html", "output_invalid") with { IsPaidForNothing = true },
        Passing("url-truncated", "output_invalid") with { IsPaidForNothing = true },
        Passing("url-huge", "output_invalid") with { IsPaidForNothing = true },
        Passing("url-slow", "output_invalid") with { IsPaidForNothing = true },
    ];

    public static IEnumerable<string> NamesOfTheSimulator => FaultNames.All;

    public static UpstreamCase Find(string fault) => All.Single(each => each.Fault == fault);

    public End Of(bool once, int num) => once
        ? num > 1 ? OnceOfSeveral ?? Once : Once
        : num > 1 ? AlwaysOfSeveral ?? Always : Always;

    private static UpstreamCase Final(string fault, string error) =>
        new(fault, End.Failed(error, attempts: 1), End.Failed(error, attempts: 1));

    private static UpstreamCase Passing(string fault, string error) =>
        new(fault, End.Failed(error, AttemptsMax), End.Succeeded(attempts: 2));
}
