using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Pipeline.Jobs;

/// <summary>What a job would cost and how it is understood; the answer of <c>?dry_run=true</c>.</summary>
public sealed record JobQuote(
    [AllowedValues("quote")] string Object,
    [Description("What would be held.")] long Credits,
    [Description("The same in US dollars.")] decimal Usd,
    [Description("What Google's own API asks for it, in US dollars.")] decimal OfficialUsd,
    [Description("By how much less that is: to the nearest whole percent, halves up.")] int SavingPercent,
    [Description("The credits that would be left; negative if there are too few.")] long AvailableAfter,
    [Description("The job's fields with the defaults filled in. Can be sent as it is, but for inline images: these are shortened.")]
    JobRequestView Request,
    [Description("What the job would warn of, and too few credits.")] IReadOnlyList<JobWarning> Warnings)
{
    /// <param name="job">As it would be accepted.</param>
    /// <param name="available">The account's available credits now.</param>
    public static JobQuote Of(Job job, long available)
    {
        var price = JobPrice.Of(job.Request.Model, job.Request.Num);
        var after = available - price.Credits;
        IReadOnlyList<JobWarning> warnings = after < 0
            ?
            [
                .. job.Warnings,
                new JobWarning(
                    "insufficient_credits", $"This needs {price.Credits} credits and {available} are available: {-after} too few."),
            ]
            : job.Warnings;
        return new JobQuote(
            "quote", price.Credits, price.Usd, price.OfficialUsd, price.SavingPercent, after, JobRequestView.Of(job.Request), warnings);
    }
}
