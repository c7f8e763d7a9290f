using System.Net;
using System.Net.Sockets;

namespace Pipeline.Http;

/// <summary>Which IP addresses are the public internet's: everything else may be a neighbour of this app that trusts it.</summary>
/// <remarks>
/// After IANA's special-purpose registries of IPv4 (https://www.iana.org/assignments/iana-ipv4-special-registry) and IPv6
/// (https://www.iana.org/assignments/iana-ipv6-special-registry), read strictly: what either calls not globally reachable, and what only
/// leads to another address.
/// </remarks>
public static class PublicAddress
{
    private static readonly IPNetwork[] Forbidden =
    [
        IPNetwork.Parse("0.0.0.0/8"), // this network
        IPNetwork.Parse("10.0.0.0/8"), // private
        IPNetwork.Parse("100.64.0.0/10"), // shared by carriers
        IPNetwork.Parse("127.0.0.0/8"), // loopback
        IPNetwork.Parse("168.63.129.16/32"), // looks public, but is Azure's own host of every virtual machine
        IPNetwork.Parse("169.254.0.0/16"), // link-local, and the metadata services of all clouds
        IPNetwork.Parse("172.16.0.0/12"), // private
        IPNetwork.Parse("192.0.0.0/24"), // protocol assignments
        IPNetwork.Parse("192.0.2.0/24"), // documentation
        IPNetwork.Parse("192.88.99.0/24"), // relays of 6to4
        IPNetwork.Parse("192.168.0.0/16"), // private
        IPNetwork.Parse("198.18.0.0/15"), // benchmarks
        IPNetwork.Parse("198.51.100.0/24"), // documentation
        IPNetwork.Parse("203.0.113.0/24"), // documentation
        IPNetwork.Parse("224.0.0.0/3"), // multicast, reserved, broadcast

        IPNetwork.Parse("2001::/23"), // protocol assignments, Teredo
        IPNetwork.Parse("2001:db8::/32"), // documentation
        IPNetwork.Parse("2002::/16"), // 6to4: an IPv4 address inside
        IPNetwork.Parse("3fff::/20"), // documentation
    ];

    /// <summary>
    /// All that IPv6 has of global unicast. Loopback, mapped IPv4 addresses, NAT64, unique local and link-local ones are outside.
    /// </summary>
    private static readonly IPNetwork GlobalUnicast = IPNetwork.Parse("2000::/3");

    // A mapped address is none of IPv6's, and IPNetwork would compare the IPv4 address inside with the first bits of an IPv6 network.
    public static bool Is(IPAddress address) =>
        !address.IsIPv4MappedToIPv6
        && (address.AddressFamily == AddressFamily.InterNetwork || GlobalUnicast.Contains(address))
        && !Forbidden.Any(network => network.Contains(address));
}
