using System.ComponentModel;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Operator;

/// <summary>What the image API did and charged, by day and model, added up from the attempts that jobs keep.</summary>
public sealed class ProviderBooks(DateOnly from, DateOnly to)
{
    private readonly SortedDictionary<(DateOnly Day, string Model), Page> pages = [];

    /// <summary>Adds a job's attempts that began within the days.</summary>
    public void Add(Model model, IReadOnlyList<Attempt> history)
    {
        foreach (var attempt in history)
        {
            var day = DateOnly.FromDateTime(attempt.StartedAt.UtcDateTime);
            if (day < from || day > to || attempt.Outcome == Attempt.NotNeeded) continue;
            if (!pages.TryGetValue((day, model.Id), out var page)) pages.Add((day, model.Id), page = new Page(model));
            page.Add(attempt);
        }
    }

    public IReadOnlyList<ProviderDayView> Views() => [.. pages.Select(page => page.Value.View(page.Key.Day))];

    private sealed class Page(Model model)
    {
        private static readonly string UnknownName = ImageApiOutcome.NameOf(typeof(ImageApiOutcome.Unknown));

        private readonly SortedDictionary<string, int> outcomes = new(StringComparer.Ordinal);
        private long calls, made, stored, unknown;

        public void Add(Attempt attempt)
        {
            var outcome = attempt.Outcome ?? "running";
            outcomes[outcome] = outcomes.GetValueOrDefault(outcome) + 1;
            calls += attempt.Calls;
            made += attempt.Made;
            stored += attempt.Stored;
            if (outcome == UnknownName || outcome == Attempt.Unreported) unknown += attempt.Asked;
        }

        public ProviderDayView View(DateOnly day) => new(
            day, model.Id, calls, made, stored, unknown, made * model.UsdPerImage, (made - stored) * model.UsdPerImage,
            unknown * model.UsdPerImage, [.. outcomes.Select(outcome => new OutcomeCount(outcome.Key, outcome.Value))]);
    }
}

/// <summary>What came of one model on one day, by UTC.</summary>
public sealed record ProviderDayView(
    DateOnly Day,
    string Model,
    [Description("Requests sent, with those that were repeated at once. Of an attempt that never reported they are not known.")] long Calls,
    [Description("Images that the image API made, and charges for.")] long ImagesMade,
    [Description("Those of them that are stored, and paid by callers.")] long ImagesStored,
    [Description("Images asked for by calls that never answered: it may have made and charged them.")] long ImagesUnknown,
    [Description("What the image API charges for what it made.")] decimal Usd,
    [Description("The part of it for images that nobody got.")] decimal UsdWasted,
    [Description("What it may have charged besides, for images that are unknown.")] decimal UsdAtRisk,
    [Description("How many attempts ended how, by the table of outcomes.")] IReadOnlyList<OutcomeCount> Outcomes);

/// <summary>How many attempts had an outcome.</summary>
public sealed record OutcomeCount(string Outcome, int Attempts);
