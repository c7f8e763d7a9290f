using System.Net;

namespace Local.Up;

/// <summary>Opens the account <c>demo</c>, or the door to it if it is there from an earlier run.</summary>
internal static class OpenAccount
{
    public const string Name = "demo";
    public const long Credits = 1000;

    /// <summary>A new API key of the account. Keys of earlier runs stay valid, so that a copied command goes on working.</summary>
    /// <exception cref="HttpRequestException">The app refused; the message says why.</exception>
    public static async Task<string> Run(Platform platform, CancellationToken cancel)
    {
        using var client = Client.WithOperatorKey(platform.Url, platform.OperatorKey);
        try
        {
            return (await client.Post<Opened>($"v1/operator/accounts/{Name}/keys", new { }, cancel)).ApiKey;
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            var account = new { Id = Name, Name = "Demo", Credits };
            return (await client.Post<Opened>("v1/operator/accounts", account, cancel)).ApiKey;
        }
    }

    private sealed record Opened(string ApiKey);
}
