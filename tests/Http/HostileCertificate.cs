using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Pipeline.Tests.Http;

/// <summary>A certificate for localhost whose issuer is to be had from a URL of the attacker's choice (RFC 5280, 4.2.2.1).</summary>
internal sealed class HostileCertificate : IDisposable
{
    private readonly X509Certificate2 certificate;

    private HostileCertificate(X509Certificate2 certificate) => this.certificate = certificate;

    public static HostileCertificate ThatNames(string issuerUrl)
    {
        var (from, to) = (DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        using var issuerKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var issuer = new CertificateRequest("CN=Unknown issuer", issuerKey, HashAlgorithmName.SHA256);
        issuer.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        using var signer = issuer.CreateSelfSigned(from, to);

        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(ocspUris: null, caIssuersUris: [issuerUrl]));
        using var signed = request.Create(signer, from, to, [1]);
        using var withKey = signed.CopyWithPrivateKey(key);
        // Windows' TLS needs a key that was imported.
        return new(X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pfx), password: null));
    }

    /// <summary>The server's side of TLS, until the client has seen the certificate.</summary>
    public async Task ShakeHands(NetworkStream stream)
    {
        await using var tls = new SslStream(stream);
        // Offline, or the server would ask for the issuer itself.
        var context = SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true);
        try
        {
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = context });
        }
        catch (AuthenticationException)
        {
            // The client does not trust it.
        }
    }

    public void Dispose() => certificate.Dispose();
}
