using System.Security.Cryptography;
using System.Text;
using Pipeline.Storage;

namespace Pipeline.Accounts;

/// <summary>An API key, <c>nb_</c> and 48 characters: 240 random bits. Only its hash is ever stored.</summary>
public readonly record struct ApiKey
{
    private const string Start = "nb_";
    private const int SecretLength = 48;

    /// <summary>So much of the secret names the key in lists and when it is revoked; 200 random bits stay secret.</summary>
    private const int PrefixLength = 8;

    private ApiKey(string value) => Value = value;

    public string Value { get; }

    /// <summary>Names the key without giving it away: <c>nb_</c> and its first 8 characters.</summary>
    public string Prefix => Value[..(Start.Length + PrefixLength)];

    /// <summary>SHA-256 in hex; enough for a key that nobody can guess (no salt, no slow hash).</summary>
    public string Hash => Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(Value)));

    public static ApiKey New() => new(Start + Base32.Random(SecretLength));

    public static bool TryParse(ReadOnlySpan<char> text, out ApiKey key)
    {
        var valid = text.Length == Start.Length + SecretLength
            && text.StartsWith(Start, StringComparison.Ordinal)
            && Base32.IsValid(text[Start.Length..]);
        key = valid ? new ApiKey(text.ToString()) : default;
        return valid;
    }

    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => Prefix + "…";
}
