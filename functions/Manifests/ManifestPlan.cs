using Pipeline.Manifests.Reading;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>What a manifest's file asks for: its jobs as they will be made, and what is to be said of them, in temporary files.</summary>
public sealed class ManifestPlan : IAsyncDisposable
{
    /// <summary>Kinds of advice are few; lines that give it may be all.</summary>
    private readonly SortedDictionary<string, ManifestAdvice> advice = new(StringComparer.Ordinal);

    private readonly SortedDictionary<string, ManifestModel> models = new(StringComparer.Ordinal);

    private readonly List<int> prices = [];

    public required ManifestHead Head { get; init; }

    /// <summary>Of the file's bytes, in hex; empty if it was not read to its end.</summary>
    public required string Sha256 { get; init; }

    /// <summary>What refuses the file as a whole; empty if nothing does.</summary>
    public IReadOnlyList<ManifestError> Faults { get; set; } = [];

    /// <summary>A <see cref="PlannedJob"/> a line.</summary>
    public FileStream Jobs { get; } = TemporaryFile.Create();

    /// <summary>A <see cref="ManifestError"/> a line: what is wrong with which job.</summary>
    public FileStream Errors { get; } = TemporaryFile.Create();

    /// <summary>A <see cref="ManifestDuplicate"/> a line.</summary>
    public FileStream Duplicates { get; } = TemporaryFile.Create();

    /// <summary>Of each job of the plan, in their order.</summary>
    public List<UInt128> Hashes { get; } = [];

    public int Invalid { get; set; }

    /// <summary>Valid jobs that ran under the same name before.</summary>
    public int RanBefore { get; set; }

    /// <summary>How many jobs are to run, if there are the credits.</summary>
    public int Total => prices.Count;

    /// <summary>What they cost together, in credits.</summary>
    public long Price { get; private set; }

    public IEnumerable<ManifestAdvice> Advice => advice.Values;

    public IEnumerable<ManifestModel> Models => models.Values;

    /// <summary>Notes one more job that is to run.</summary>
    public void Add(ManifestItem.Valid item, long credits)
    {
        prices.Add(checked((int)credits));
        Price += credits;
        Hashes.Add(item.Hash);
        var model = item.Request.Model.Id;
        var sum = models.GetValueOrDefault(model) ?? new ManifestModel(model, 0, 0, 0);
        models[model] = sum with { Jobs = sum.Jobs + 1, Images = sum.Images + item.Request.Num, Credits = sum.Credits + credits };
        foreach (var warning in item.Request.Advice)
        {
            var known = advice.GetValueOrDefault(warning.Code) ?? new ManifestAdvice(warning.Code, 0, item.Line, warning.Detail);
            advice[warning.Code] = known with { Jobs = known.Jobs + 1 };
        }
    }

    /// <summary>As many jobs as so many credits pay for, from the first on.</summary>
    public (int Jobs, long Price) Affordable(long credits)
    {
        var sum = 0L;
        for (var count = 0; count < prices.Count; count++)
        {
            if (sum + prices[count] > credits) return (count, sum);
            sum += prices[count];
        }

        return (prices.Count, sum);
    }

    public async ValueTask DisposeAsync()
    {
        await Jobs.DisposeAsync();
        await Errors.DisposeAsync();
        await Duplicates.DisposeAsync();
    }
}

/// <summary>A line of the plan: a job as it will be made.</summary>
/// <param name="Line">Where it begins in the file, from 1.</param>
/// <param name="Index">Which of the file's jobs it is, from 0, counting those that do not run.</param>
/// <param name="CustomId">Its caller's own name for it, or null.</param>
/// <param name="Credits">Its price, as it is held.</param>
/// <param name="Job">Its fields, with the defaults, the preset's, and one combination of its matrix.</param>
public sealed record PlannedJob(long Line, int Index, string? CustomId, long Credits, System.Text.Json.JsonElement Job);

/// <param name="Line">Where the job begins.</param>
/// <param name="OfLine">Where the one begins that it repeats; null if that was in an earlier version of the file.</param>
/// <param name="Code">What they have in common.</param>
/// <param name="CustomId">Of both, or null.</param>
public sealed record ManifestDuplicate(long Line, long? OfLine, string Code, string? CustomId)
{
    /// <summary>All of it. Both run.</summary>
    public const string SameJob = "same_job";

    /// <summary>The name only. Both run.</summary>
    public const string SameCustomId = "same_custom_id";

    /// <summary>All of it, and the earlier one ran: this one does not.</summary>
    public const string RanBefore = "ran_before";
}

/// <param name="Code">As in the table of warnings.</param>
/// <param name="Jobs">How many jobs are advised so.</param>
/// <param name="Line">Where the first of them begins.</param>
/// <param name="Detail">What that one is told.</param>
public sealed record ManifestAdvice(string Code, int Jobs, long Line, string Detail);

/// <summary>What is asked of one model.</summary>
public sealed record ManifestModel(string Model, int Jobs, int Images, long Credits);
