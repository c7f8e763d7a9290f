using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Accounts;
using Pipeline.Storage;

namespace Pipeline.References;

/// <summary>
/// A stored reference image's id: <c>ref_</c> and 26 digits of Crockford's Base32, made from the account and the image's SHA-256, so
/// that the same image has the same id in an account and is stored once.
/// </summary>
public readonly record struct ReferenceId
{
    private const string Start = "ref_";
    private const int Digits = 26;

    private ReferenceId(string value) => Value = value;

    public string Value { get; }

    /// <summary>The id of an image in an account.</summary>
    /// <param name="account">Whose it is; hashed too, so that an id tells nobody else what it stands for.</param>
    /// <param name="sha256">Of its bytes, in hex.</param>
    public static ReferenceId Of(AccountId account, string sha256) =>
        new(Start + Base32.Encode(SHA256.HashData(Encoding.UTF8.GetBytes($"{account}/{sha256}")), Digits));

    public static bool TryParse([NotNullWhen(true)] string? text, out ReferenceId id)
    {
        var valid = text is not null
            && text.Length == Start.Length + Digits
            && text.StartsWith(Start, StringComparison.Ordinal)
            && Base32.IsValid(text.AsSpan(Start.Length));
        id = valid ? new ReferenceId(text!) : default;
        return valid;
    }

    public override string ToString() => Value;
}
