using Pipeline.Manifests.Reading;

namespace Pipeline.Manifests;

/// <summary>What of a plan may run with so many credits, or why nothing may. Decided from values alone.</summary>
/// <param name="Jobs">How many of its jobs: the first so many.</param>
/// <param name="Price">What they cost together, in credits.</param>
/// <param name="Refusal">Why nothing runs, or null.</param>
public sealed record ManifestVerdict(int Jobs, long Price, ManifestRefusal? Refusal)
{
    /// <param name="plan">What the file asks for.</param>
    /// <param name="sameAs">The manifest that the same content became, or null.</param>
    /// <param name="available">Credits of the account.</param>
    public static ManifestVerdict Of(ManifestPlan plan, string? sameAs, long available)
    {
        if (plan.Faults is [var fault, ..]) return Refuse(plan, fault.Code, fault.Detail);
        if (sameAs is not null) return Refuse(plan, Same(sameAs));
        if (plan.Invalid > 0 && plan.Head.OnInvalid == OnInvalid.Reject)
            return Refuse(plan, "invalid_jobs", $"{plan.Invalid:N0} of its jobs are not valid, and it says on_invalid: reject.");
        if (plan.Total == 0 && plan.RanBefore > 0)
            return Refuse(
                plan, "ran_before",
                $"All of its {plan.RanBefore:N0} valid jobs ran in an earlier version of the file. To run one once more, give it another "
                + "custom_id; to run all of them, drop the file under another name, or post it with another name field.");
        if (plan.Total == 0) return Refuse(plan, "no_valid_jobs", "None of its jobs is valid.");
        if (plan.Head.OnInsufficientCredits == OnInsufficientCredits.Partial)
        {
            var (jobs, price) = plan.Affordable(Math.Min(available, plan.Head.MaxCredits ?? long.MaxValue));
            if (jobs > 0) return new ManifestVerdict(jobs, price, null);
        }

        if (plan.Head.MaxCredits is { } max && plan.Price > max)
            return Refuse(plan, "too_dear", $"It costs {plan.Price} credits, and it says max_credits: {max}.");
        return plan.Price > available
            ? Refuse(
                plan, "insufficient_credits",
                $"It needs {plan.Price} credits and {available} are available: have {plan.Price - available} more granted and send the "
                + "file again, or let it say on_insufficient_credits: partial.")
            : new ManifestVerdict(plan.Total, plan.Price, null);
    }

    private static ManifestRefusal Same(string manifest) => ManifestRefusal.Of(
        "same_content",
        $"The same file is manifest {manifest}, and runs once. To run all of it again, change its name field, and the file's name "
        + "if it is dropped.");

    private static ManifestVerdict Refuse(ManifestPlan plan, string code, string detail) => Refuse(plan, ManifestRefusal.Of(code, detail));

    private static ManifestVerdict Refuse(ManifestPlan plan, ManifestRefusal refusal) => new(0, plan.Price, refusal);
}
