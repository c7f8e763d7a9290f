using System.Net;

namespace Pipeline.Http;

/// <summary>What a caller's address must look like, before anything is looked up or connected to.</summary>
public static class OutgoingUrl
{
    public const int LengthMax = 2048;

    /// <summary>Of a name in the domain name system, without the dot that may end it (RFC 1035).</summary>
    private const int HostLengthMax = 253;

    /// <summary>Names that lead to this machine or into a private network, wherever they are asked for.</summary>
    private static readonly string[] PrivateEndings = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];

    /// <summary>Reads a caller's URL of the web: the one place where text of a caller becomes one.</summary>
    /// <remarks>
    /// Uri drops Unicode's direction marks only after it has read the host, so that what it then writes may be no URL, or one of another
    /// host. Taken is what reads back from that text as the same, for the text is what is stored.
    /// </remarks>
    /// <returns>The URL, as it will be read again; null for any other text.</returns>
    public static Uri? Read(string text) =>
        text.Length <= LengthMax
        && Uri.TryCreate(text, UriKind.Absolute, out var given) && given.Scheme is "https" or "http"
        && given.AbsoluteUri is { Length: <= LengthMax } written
        && Uri.TryCreate(written, UriKind.Absolute, out var again) && again.AbsoluteUri == written
            ? again
            : null;

    /// <returns>What is wrong with it, as the rest of a sentence that begins with its name; null if nothing.</returns>
    public static string? FaultOf(Uri url, OutgoingOptions options)
    {
        if (!url.IsAbsoluteUri || url.OriginalString.Length > LengthMax)
            return $"must be an https URL of at most {LengthMax:N0} characters.";
        var isLocal = options.AllowLoopback && url.IsLoopback;
        if (url.Scheme != Uri.UriSchemeHttps && !(isLocal && url.Scheme == Uri.UriSchemeHttp)) return "must be an https URL.";
        if (url.UserInfo.Length > 0) return "must not carry a user name or password: a signed URL does the same.";
        return isLocal || IsPublic(HostOf(url)) ? null : "must be on a host of the public internet.";
    }

    /// <summary>The very name that is looked up, without the dot that may end it; empty if Unicode has no such name.</summary>
    /// <remarks>Uri has brought decimal, octal, hexadecimal and short forms of IPv4 addresses into the plain one.</remarks>
    private static string HostOf(Uri url)
    {
        try
        {
            return url.IdnHost.TrimEnd('.');
        }
        // Uri takes hosts that its own conversion to ASCII refuses.
        catch (UriFormatException)
        {
            return "";
        }
    }

    private static bool IsPublic(string host) =>
        IPAddress.TryParse(host, out var address)
            ? PublicAddress.Is(address)
            : host.Length <= HostLengthMax && host.Contains('.', StringComparison.Ordinal)
                // No top level domain begins with a digit: such a name is an address that somebody else may understand.
                && char.IsAsciiLetter(host[host.LastIndexOf('.') + 1])
                && !PrivateEndings.Any(ending => host.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
