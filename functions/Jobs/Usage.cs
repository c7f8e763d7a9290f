using System.ComponentModel;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>What images cost, added up by day, model and tag.</summary>
public sealed class Usage
{
    /// <summary>A line is some 300 bytes of the answer.</summary>
    public const int LinesMax = 10_000;

    private readonly SortedDictionary<(DateOnly Day, string Model, string Tag), Line> lines = [];

    public bool IsFull => lines.Count > LinesMax;

    /// <summary>One job that is done, with the images that it paid for.</summary>
    public void Add(DateOnly day, Model model, string? tag, int images, long credits)
    {
        // What has no tag sorts before all that have one, which are never empty.
        var key = (day, model.Id, tag ?? "");
        lines[key] = lines.GetValueOrDefault(key).Plus(new Line(1, images, credits, JobPrice.Of(model, images)));
    }

    public IReadOnlyList<UsageLine> Lines() =>
    [
        .. lines.Select(line => UsageLine.Of(
            line.Key.Day, line.Key.Model, line.Key.Tag.Length == 0 ? null : line.Key.Tag, line.Value.Sum())),
    ];

    public UsageSum Total() => lines.Values.Aggregate(default(Line), (sum, line) => sum.Plus(line)).Sum();

    private readonly record struct Line(long Jobs, long Images, long Credits, JobPrice Price)
    {
        public Line Plus(Line other) =>
            new(Jobs + other.Jobs, Images + other.Images, Credits + other.Credits, Price.Plus(other.Price));

        public UsageSum Sum() => new(
            Jobs, Images, Credits, Price.Usd, Price.OfficialUsd, Price.OfficialUsd - Price.Usd, Price.SavingPercent);
    }
}

/// <summary>A day's images of one model; the fields are those of <see cref="UsageSum"/>.</summary>
public sealed record UsageLine(
    [Description("The day on which the jobs were done, by UTC.")] DateOnly Day,
    string Model,
    [Description("The value of the tag; null of jobs without it, and of deleted ones.")] string? Tag,
    [Description("Jobs that have at least one image.")] long Jobs,
    long Images,
    long Credits,
    decimal Usd,
    decimal OfficialUsd,
    decimal SavingUsd,
    int SavingPercent)
{
    public static UsageLine Of(DateOnly day, string model, string? tag, UsageSum sum) => new(
        day, model, tag, sum.Jobs, sum.Images, sum.Credits, sum.Usd, sum.OfficialUsd, sum.SavingUsd, sum.SavingPercent);
}

/// <summary>What images cost together.</summary>
public sealed record UsageSum(
    [Description("Jobs that have at least one image.")] long Jobs,
    long Images,
    [Description("Captured credits; corrections by the operator are not in it.")] long Credits,
    [Description("The images in US dollars, at the catalogue's prices.")] decimal Usd,
    [Description("What Google's own API asks for them, in US dollars.")] decimal OfficialUsd,
    [Description("By how many dollars less that is.")] decimal SavingUsd,
    [Description("The same to the nearest whole percent, halves up.")] int SavingPercent);
