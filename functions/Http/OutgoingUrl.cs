using System.Net;

namespace Pipeline.Http;

/// <summary>What a caller's address must look like, before anything is looked up or connected to.</summary>
public static class OutgoingUrl
{
    public const int LengthMax = 2048;

    /// <summary>Names that lead to this machine or into a private network, wherever they are asked for.</summary>
    private static readonly string[] PrivateEndings = [".localhost", ".local", ".internal", ".lan", ".home.arpa"];

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
            : host.Contains('.', StringComparison.Ordinal)
                // No top level domain begins with a digit: such a name is an address that somebody else may understand.
                && char.IsAsciiLetter(host[host.LastIndexOf('.') + 1])
                && !PrivateEndings.Any(ending => host.EndsWith(ending, StringComparison.OrdinalIgnoreCase));
}
