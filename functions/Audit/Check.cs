using System.ComponentModel;

namespace Pipeline.Audit;

/// <summary>One check of an account's books, and what it found.</summary>
public sealed record Check(
    string Name, bool Ok, string Detail,
    [Description("The first entry that is wrong, if it is one.")] long? Entry = null,
    [Description("It could not be made: the detail says why.")] bool Skipped = false)
{
    /// <summary>Of what is wrong, as much as a reader needs to begin.</summary>
    private const int ShownMax = 5;

    public static Check NotMade(string name, string reason) => new(name, true, reason, Skipped: true);

    /// <summary>A check of many things, each of which may be wrong.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="right">What is said if nothing is wrong.</param>
    /// <param name="faults">What is wrong.</param>
    public static Check Of(string name, string right, IReadOnlyCollection<string> faults) => faults.Count == 0
        ? new(name, true, right)
        : new(
            name, false,
            string.Join("; ", faults.Take(ShownMax)) + (faults.Count > ShownMax ? $"; and {faults.Count - ShownMax} more" : ""));
}
