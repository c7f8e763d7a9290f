using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Pipeline.Accounts;

namespace Pipeline.Audit;

/// <summary>
/// An entry up to which an account's books were found right: its number and hash, signed, in the caller's hands. A later verification
/// that begins there finds whether that entry is still the same.
/// </summary>
/// <param name="Version">The entry's number.</param>
/// <param name="Hash">Its hash, in hex.</param>
internal sealed record Checkpoint(long Version, string Hash)
{
    private const string Start = "cp_";

    /// <summary>As callers keep it: <c>cp_</c>, the number, the hash and the signature.</summary>
    public string Sign(AccountId account, string key) => $"{Text}.{Signature(account, key)}";

    /// <returns>The checkpoint, or null if it is none of this account that was signed with this key.</returns>
    public static Checkpoint? Read(string text, AccountId account, string key)
    {
        if (!text.StartsWith(Start, StringComparison.Ordinal)) return null;
        if (text[Start.Length..].Split('.') is not [var number, var hash, var signature]) return null;
        if (!long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var version)) return null;
        var checkpoint = new Checkpoint(version, hash);
        return CryptographicOperations.FixedTimeEquals(
            Encoding.UTF8.GetBytes(checkpoint.Signature(account, key)), Encoding.UTF8.GetBytes(signature)) ? checkpoint : null;
    }

    private string Text => string.Create(CultureInfo.InvariantCulture, $"{Start}{Version}.{Hash}");

    private string Signature(AccountId account, string key) => Base64Url.EncodeToString(
        HMACSHA256.HashData(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes($"{account}\n{Text}")));
}
