using Azure;

namespace Pipeline.Credits;

/// <summary>What became of one transaction.</summary>
internal abstract record SendOutcome
{
    private SendOutcome()
    {
    }

    /// <summary>In a word, for what is counted.</summary>
    public abstract string Name { get; }

    public sealed record Written : SendOutcome
    {
        public override string Name => "committed";
    }

    /// <summary>Nothing is written.</summary>
    /// <param name="Decision">Whose row is to blame, or null if storage did not say.</param>
    /// <param name="Result">What its caller hears; null if it is the fault.</param>
    /// <param name="Fault">As storage said it.</param>
    public sealed record Refused(PendingDecision? Decision, CommitResult? Result, RequestFailedException Fault) : SendOutcome
    {
        public override string Name => "refused";
    }

    /// <summary>It may be written: the account's row had changed, perhaps by this very transaction, or no answer came.</summary>
    public sealed record Unknown(bool IsConflict) : SendOutcome
    {
        public override string Name => IsConflict ? "conflict" : "unknown";
    }
}
