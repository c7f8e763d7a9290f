using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Webhooks;

/// <summary>The secret that an account's deliveries are signed with: <c>whsec_</c> and 32 random bytes in base64.</summary>
/// <remarks>Form and signature after https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.</remarks>
public readonly record struct WebhookSecret(string Value)
{
    private const string Start = "whsec_";

    /// <summary>The specification allows 24 to 64.</summary>
    private const int BytesLength = 32;

    public static WebhookSecret New() => new(Start + Convert.ToBase64String(RandomNumberGenerator.GetBytes(BytesLength)));

    /// <summary>One signature, as <c>v1,…</c>.</summary>
    /// <param name="id">The event's, the same at each try.</param>
    /// <param name="sentAt">When this try is made.</param>
    /// <param name="body">The very bytes that are sent.</param>
    public string Sign(string id, DateTimeOffset sentAt, ReadOnlySpan<byte> body)
    {
        var head = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{id}.{sentAt.ToUnixTimeSeconds()}."));
        byte[] signed = [.. head, .. body];
        var hash = HMACSHA256.HashData(Convert.FromBase64String(Value[Start.Length..]), signed);
        return "v1," + Convert.ToBase64String(hash);
    }

    /// <summary>Without the secret, for logs.</summary>
    public override string ToString() => Start + "…";
}
