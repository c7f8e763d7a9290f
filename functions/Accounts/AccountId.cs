using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Pipeline.Storage;

namespace Pipeline.Accounts;

/// <summary>An account's id: the partition of its ledger and the first segment of its blobs' paths.</summary>
/// <remarks>1 to 63 of <c>a-z 0-9 - _</c>, beginning with a letter or digit, so that it needs no escaping anywhere.</remarks>
public readonly partial record struct AccountId
{
    public const int LengthMax = 63;

    public const string Form = "1 to 63 of a-z, 0-9, - and _, beginning with a letter or a digit";

    private AccountId(string value) => Value = value;

    public string Value { get; }

    /// <summary>A new random one, <c>acc_…</c>.</summary>
    public static AccountId New() => new("acc_" + Base32.Random(16));

    public static bool TryParse([NotNullWhen(true)] string? text, out AccountId id)
    {
        var valid = text is not null && Pattern().IsMatch(text);
        id = valid ? new AccountId(text!) : default;
        return valid;
    }

    /// <summary>Reads an id that this app wrote.</summary>
    /// <exception cref="FormatException">It is not one: the stored data is damaged.</exception>
    public static AccountId Parse(string text) =>
        TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no account id.");

    public override string ToString() => Value;

    [GeneratedRegex(@"\A[a-z0-9][a-z0-9_-]{0,62}\z", RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
