using System.Globalization;
using System.Net;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

/// <summary>URLs that lead, or pretend not to lead, to this machine or its neighbours; and the names that some of them use.</summary>
internal static class HostileNames
{
    /// <summary>
    /// Public by its registry and nobody's: of 3ffe::/16, which was given back in 2006, so that no packet of a test reaches anyone.
    /// </summary>
    public static readonly IPAddress Nobody = IPAddress.Parse("3ffe::1");

    private static readonly string[] Neighbours =
    [
        "127.0.0.1", "127.0.1.3", "127.255.255.254", "0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "168.63.129.16",
        "169.254.169.254", "169.254.170.2", "172.16.0.1", "172.31.255.255", "192.0.0.192", "192.168.0.1", "192.168.255.255", "198.18.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255",
    ];

    private static readonly string[] NeighboursOfIPv6 =
    [
        "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:10.0.0.1", "::127.0.0.1", "::7f00:1",
        "0:0:0:0:0:ffff:127.0.0.1", "64:ff9b::127.0.0.1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "2001:0:7f00:1::", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "100::1", "2001:db8::1",
    ];

    private static readonly string[] PrivateNames =
    [
        "localhost", "LOCALHOST", "localhost.", "a.localhost", "printer", "router.local", "db.internal", "metadata.google.internal",
        "metadata", "nas.lan", "hub.home.arpa", "kubernetes.default.svc.cluster.local",
    ];

    /// <summary>Looks names up as an attacker's own name server would.</summary>
    public static ResolveHost Resolver(Func<int> count) => (host, _) =>
    {
        count();
        // a-127-0-0-1.example.com is 127.0.0.1, six-….example.com an IPv6 address in hexadecimal.
        var label = host.Split('.')[0];
        IPAddress[] found = label.StartsWith("a-", StringComparison.Ordinal) ? [IPAddress.Parse(label[2..].Replace('-', '.'))]
            : label.StartsWith("six-", StringComparison.Ordinal) ? [new IPAddress(Convert.FromHexString(label[4..]))]
            : label.StartsWith("both-", StringComparison.Ordinal)
                ? [Nobody, IPAddress.Parse(label[5..].Replace('-', '.'))]
            : [IPAddress.Loopback];
        return Task.FromResult(found);
    };

    public static IEnumerable<string> Urls(int port)
    {
        foreach (var address in Neighbours)
        {
            foreach (var host in Spellings(address))
            {
                yield return $"https://{host}:{port}/";
            }

            yield return $"http://{address}:{port}/";
            yield return $"https://user@{address}:{port}/";
            yield return $"https://example.com@{address}:{port}/";
            yield return $"https://example.com:443@{address}:{port}/";
            var label = address.Replace('.', '-');
            yield return $"https://a-{label}.example.com:{port}/";
            yield return $"https://both-{label}.example.com:{port}/";
        }

        foreach (var address in NeighboursOfIPv6)
        {
            yield return $"https://[{address}]:{port}/";
            yield return $"http://[{address}]:{port}/";
            var bytes = Convert.ToHexStringLower(IPAddress.Parse(address).GetAddressBytes());
            yield return $"https://six-{bytes}.example.com:{port}/";
        }

        foreach (var name in PrivateNames) yield return $"https://{name}:{port}/";

        foreach (var trick in Tricks(port)) yield return trick;
    }

    /// <summary>The same address as programs of old understand it, too.</summary>
    private static IEnumerable<string> Spellings(string address)
    {
        var parts = address.Split('.').Select(part => uint.Parse(part, CultureInfo.InvariantCulture)).ToArray();
        var number = (parts[0] << 24) | (parts[1] << 16) | (parts[2] << 8) | parts[3];
        yield return address;
        yield return $"{address}.";
        yield return $"{number}";
        yield return $"0x{number:x8}";
        yield return $"0{Convert.ToString(number, 8)}";
        yield return string.Join('.', parts.Select(part => $"0{Convert.ToString(part, 8)}"));
        yield return string.Join('.', parts.Select(part => $"0x{part:x}"));
        yield return $"{parts[0]}.{number & 0xFFFFFF}";
        yield return $"{parts[0]}.{parts[1]}.{number & 0xFFFF}";
        yield return string.Concat(address.Select(c => char.IsDigit(c) ? (char)('０' + (c - '0')) : c));
        yield return address.Replace('.', '。');
        yield return string.Concat(address.Select(c => char.IsDigit(c) ? $"%3{c}" : "."));
    }

    private static IEnumerable<string> Tricks(int port) =>
    [
        $"ftp://127.0.0.1:{port}/", $"file:///etc/passwd", $"gopher://127.0.0.1:{port}/_x", $"https://127.0.0.1:{port}#@example.com/",
        $"https://127.0.0.1:{port}?@example.com/", $"https://example.com\\@127.0.0.1:{port}/", $"https://127.1:{port}/",
        $"https://127.0.1:{port}/", $"https://0:{port}/", $"https://[::ffff:0:127.0.0.1]:{port}/", $"https://[::1%25lo]:{port}/",
        $"https://ⓛocalhost:{port}/", $"https://①②⑦.⓪.⓪.①:{port}/", $"https://rebound.example.com:{port}/",
        $"https://127.0.0.1.:{port}/", $"https://user:pass@localhost:{port}/", $"http://example.com:{port}/",
        $"https://:@127.0.0.1:{port}/", $"HTTPS://127.0.0.1:{port}/", $"https:\\\\127.0.0.1:{port}/", $"https:///127.0.0.1:{port}/",
    ];
}
