using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Sas;

namespace Pipeline.Storage;

/// <summary>Makes short-lived URLs that read one blob and nothing else.</summary>
/// <remarks>
/// With a connection string they are signed with the account's key, with an identity by a user delegation key, which needs the role
/// Storage Blob Delegator.
/// </remarks>
public sealed class SignedUrls(BlobServiceClient blobs, OutputOptions options, TimeProvider time)
{
    /// <summary>The clocks of storage and of this machine may differ by so much.</summary>
    private static readonly TimeSpan ClockSkew = TimeSpan.FromMinutes(5);

    /// <summary>A delegation key is asked for once for many URLs; the service allows seven days.</summary>
    private static readonly TimeSpan DelegationLifetime = TimeSpan.FromHours(24);

    private UserDelegationKey? delegation;

    /// <summary>A URL that reads the blob for <see cref="OutputOptions.UrlLifetime"/>.</summary>
    public Task<SignedUrl> ToRead(string container, string blob, CancellationToken cancel) =>
        ToRead(container, blob, options.UrlLifetime, cancel);

    /// <summary>A URL that reads the blob for so long, at most a day: the delegation key outlives it.</summary>
    public async Task<SignedUrl> ToRead(string container, string blob, TimeSpan lifetime, CancellationToken cancel) =>
        (await ToReadMany(container, lifetime, cancel))(blob);

    /// <summary>Signs URLs of any number of blobs, all until the same time: their queries differ in nothing but <c>sig</c>.</summary>
    public Task<Func<string, SignedUrl>> ToReadMany(string container, CancellationToken cancel) =>
        ToReadMany(container, options.UrlLifetime, cancel);

    private async Task<Func<string, SignedUrl>> ToReadMany(string container, TimeSpan lifetime, CancellationToken cancel)
    {
        var client = blobs.GetBlobContainerClient(container);
        var now = time.GetUtcNow();
        var expires = now + lifetime;
        var key = client.CanGenerateSasUri ? null : await Delegation(now, expires, cancel);
        return blob =>
        {
            var sas = new BlobSasBuilder(BlobSasPermissions.Read, expires)
            {
                BlobContainerName = container,
                BlobName = blob,
                Resource = "b",
                StartsOn = now - ClockSkew,
            };
            var named = client.GetBlobClient(blob);
            return new SignedUrl(
                key is null
                    ? named.GenerateSasUri(sas)
                    : new BlobUriBuilder(named.Uri) { Sas = sas.ToSasQueryParameters(key, blobs.AccountName) }.ToUri(),
                expires);
        };
    }

    // Two callers at once may both ask for a key; both keys are good, and the later one stays.
    private async Task<UserDelegationKey> Delegation(DateTimeOffset now, DateTimeOffset expires, CancellationToken cancel)
    {
        if (delegation is { } known && known.SignedExpiresOn > expires) return known;
        var fresh = await blobs.GetUserDelegationKeyAsync(now - ClockSkew, now + options.UrlLifetime + DelegationLifetime, cancel);
        return delegation = fresh.Value;
    }
}

/// <summary>A URL that carries its own right to read, until it expires. A secret: never logged.</summary>
public readonly record struct SignedUrl(Uri Url, DateTimeOffset ExpiresAt);
