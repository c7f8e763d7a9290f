namespace Pipeline.Jobs;

/// <summary>What a job would cost and how it is understood; the answer of <c>?dry_run=true</c>.</summary>
/// <param name="Object">Always <c>quote</c>.</param>
/// <param name="Credits">What would be held.</param>
/// <param name="Usd">The same in US dollars.</param>
/// <param name="OfficialUsd">What Google's own API asks for it, in US dollars.</param>
/// <param name="SavingPercent">By how much less that is: to the nearest whole percent, halves up.</param>
/// <param name="AvailableAfter">The credits that would be left; negative if there are too few.</param>
/// <param name="Request">The job's fields with the defaults filled in; can be sent as it is.</param>
/// <param name="Warnings">What the job would warn of, and too few credits.</param>
public sealed record JobQuote(
    string Object, long Credits, decimal Usd, decimal OfficialUsd, int SavingPercent, long AvailableAfter, JobRequestView Request,
    IReadOnlyList<JobWarning> Warnings)
{
    /// <param name="job">As it would be accepted.</param>
    /// <param name="available">The account's available credits now.</param>
    public static JobQuote Of(Job job, long available)
    {
        var price = JobPrice.Of(job.Request.Model, job.Request.Num);
        var after = available - price.Credits;
        var saving = decimal.Round(100 * (1 - (price.Usd / price.OfficialUsd)), MidpointRounding.AwayFromZero);
        IReadOnlyList<JobWarning> warnings = after < 0
            ?
            [
                .. job.Warnings,
                new JobWarning(
                    "insufficient_credits", $"This needs {price.Credits} credits and {available} are available: {-after} too few."),
            ]
            : job.Warnings;
        return new JobQuote(
            "quote", price.Credits, price.Usd, price.OfficialUsd, (int)saving, after, JobRequestView.Of(job.Request), warnings);
    }
}
