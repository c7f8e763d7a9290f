using System.Buffers.Text;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Local.Up;
using Pipeline.Storage;

namespace Pipeline.Tests;

public sealed class SignedUrlsTests
{
    private static readonly OutputOptions OneMinute = new() { UrlLifetime = TimeSpan.FromMinutes(1) };

    [Test]
    public async Task With_a_connection_string_they_are_signed_with_the_accounts_key()
    {
        var blobs = new BlobServiceClient(Storage.NewAccount());
        await Fill(blobs);
        using var http = new HttpClient();

        await ReadsOneBlobForAMinute(blobs, http, url => Assert.That(url.Query, Does.Not.Contain("skoid")));
    }

    [Test]
    public async Task By_identity_they_are_signed_with_a_user_delegation_key_that_is_asked_for_once()
    {
        using var certificate = new SelfSigned();
        await using var azurite = await Azurite.Start(
            await Storage.Modules(), FreePorts.Find(3), data: null, ["identity"], CancellationToken.None,
            "--oauth", "basic", "--cert", certificate.Certificate, "--key", certificate.Key);
        using var http = new HttpClient(certificate.Handler());
        var keysAskedFor = new Counted("comp=userdelegationkey");
        var options = new BlobClientOptions { Transport = new HttpClientTransport(http) };
        options.AddPolicy(keysAskedFor, HttpPipelinePosition.PerCall);
        var blobs = new BlobServiceClient(new Uri($"https://127.0.0.1:{azurite.BlobPort}/identity"), new AnyToken(), options);
        await Fill(blobs);

        await ReadsOneBlobForAMinute(
            blobs, http,
            url => Assert.That((url.Query.Contains("skoid=", StringComparison.Ordinal), keysAskedFor.Count), Is.EqualTo((true, 1))));
    }

    private static async Task ReadsOneBlobForAMinute(BlobServiceClient blobs, HttpClient http, Action<Uri> check)
    {
        var urls = new SignedUrls(blobs, OneMinute, TimeProvider.System);
        var signed = await urls.ToRead("outputs", "a/b c/0.png", CancellationToken.None);
        var again = await urls.ToRead("outputs", "a/b c/0.png", CancellationToken.None);
        var elsewhere = new Uri(signed.Url.AbsoluteUri.Replace("0.png", "1.png", StringComparison.Ordinal));

        check(signed.Url);
        Assert.That(signed.ExpiresAt - DateTimeOffset.UtcNow, Is.EqualTo(TimeSpan.FromMinutes(1)).Within(TimeSpan.FromSeconds(10)));
        Assert.That(await http.GetStringAsync(signed.Url), Is.EqualTo("0.png"));
        Assert.That(await http.GetStringAsync(again.Url), Is.EqualTo("0.png"));
        Assert.That((await http.GetAsync(elsewhere)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
        Assert.That((await http.DeleteAsync(signed.Url)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));

        // Made long ago, it has run out, although the key that signed it may live.
        var old = new SignedUrls(blobs, OneMinute, new Ago(TimeSpan.FromMinutes(2)));
        var expired = await old.ToRead("outputs", "a/b c/0.png", CancellationToken.None);
        Assert.That((await http.GetAsync(expired.Url)).StatusCode, Is.EqualTo(HttpStatusCode.Forbidden));
    }

    private static async Task Fill(BlobServiceClient blobs)
    {
        var container = blobs.GetBlobContainerClient("outputs");
        await container.CreateAsync();
        foreach (var name in new[] { "0.png", "1.png" }) await container.UploadBlobAsync($"a/b c/{name}", BinaryData.FromString(name));
    }

    private sealed class Ago(TimeSpan ago) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => base.GetUtcNow() - ago;
    }

    /// <summary>A token as Azurite checks it: form, issuer, audience and times, but no signature.</summary>
    private sealed class AnyToken : TokenCredential
    {
        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            var now = DateTimeOffset.UtcNow;
            var claims = new Dictionary<string, object>
            {
                ["aud"] = "https://storage.azure.com",
                ["iss"] = "https://sts.windows.net/ab1f708d-50f6-404c-a006-d71b2ac7a606/",
                ["tid"] = "ab1f708d-50f6-404c-a006-d71b2ac7a606",
                ["oid"] = "23657296-5cd5-45b0-a809-d972a7f4dfe1",
                ["nbf"] = now.AddMinutes(-10).ToUnixTimeSeconds(),
                ["iat"] = now.AddMinutes(-10).ToUnixTimeSeconds(),
                ["exp"] = now.AddHours(1).ToUnixTimeSeconds(),
            };
            var token = $"{Part(new { alg = "HS256", typ = "JWT" })}.{Part(claims)}.{Part("unsigned")}";
            return new AccessToken(token, now.AddHours(1));
        }

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            new(GetToken(requestContext, cancellationToken));

        private static string Part(object value) => Base64Url.EncodeToString(JsonSerializer.SerializeToUtf8Bytes(value));
    }

    private sealed class Counted(string query) : HttpPipelineSynchronousPolicy
    {
        public int Count { get; private set; }

        public override void OnSendingRequest(HttpMessage message)
        {
            if (message.Request.Uri.Query.Contains(query, StringComparison.Ordinal)) Count++;
        }
    }

    /// <summary>A certificate for 127.0.0.1 that only its maker trusts.</summary>
    private sealed class SelfSigned : IDisposable
    {
        private readonly string directory = Directory.CreateTempSubdirectory("pipeline-tls-").FullName;
        private readonly byte[] hash;

        public SelfSigned()
        {
            using var key = RSA.Create(2048);
            var request = new CertificateRequest("CN=127.0.0.1", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
            using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
            hash = made.GetCertHash();
            File.WriteAllText(Certificate, made.ExportCertificatePem(), Encoding.ASCII);
            File.WriteAllText(Key, key.ExportPkcs8PrivateKeyPem(), Encoding.ASCII);
        }

        public string Certificate => Path.Combine(directory, "certificate.pem");

        public string Key => Path.Combine(directory, "key.pem");

        public HttpClientHandler Handler() => new()
        {
            ServerCertificateCustomValidationCallback = (_, certificate, _, _) => certificate!.GetCertHash().SequenceEqual(hash),
        };

        public void Dispose() => Directory.Delete(directory, recursive: true);
    }
}
