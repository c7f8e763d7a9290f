using System.Net;
using FsCheck;
using FsCheck.Fluent;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

public sealed class PublicAddressTests
{
    [TestCase("1.0.0.0")]
    [TestCase("9.255.255.255")]
    [TestCase("11.0.0.0")]
    [TestCase("100.63.255.255")]
    [TestCase("100.128.0.0")]
    [TestCase("126.255.255.255")]
    [TestCase("128.0.0.0")]
    [TestCase("168.63.129.15")]
    [TestCase("168.63.129.17")]
    [TestCase("169.253.255.255")]
    [TestCase("169.255.0.0")]
    [TestCase("172.15.255.255")]
    [TestCase("172.32.0.0")]
    [TestCase("191.255.255.255")]
    [TestCase("192.0.1.0")]
    [TestCase("192.0.3.0")]
    [TestCase("192.88.98.255")]
    [TestCase("192.88.100.0")]
    [TestCase("192.167.255.255")]
    [TestCase("192.169.0.0")]
    [TestCase("198.17.255.255")]
    [TestCase("198.20.0.0")]
    [TestCase("198.51.99.255")]
    [TestCase("198.51.101.0")]
    [TestCase("203.0.112.255")]
    [TestCase("203.0.114.0")]
    [TestCase("223.255.255.255")]
    [TestCase("2000::")]
    [TestCase("2001:200::")]
    [TestCase("2001:db7:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("2001:db9::")]
    [TestCase("2003::")]
    [TestCase("2606:4700::1111")]
    [TestCase("3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("3fff:1000::")]
    public void The_internets_are_public(string address) => Assert.That(PublicAddress.Is(IPAddress.Parse(address)), Is.True);

    [TestCase("0.0.0.0", "0.255.255.255")]
    [TestCase("10.0.0.0", "10.255.255.255")]
    [TestCase("100.64.0.0", "100.127.255.255")]
    [TestCase("127.0.0.0", "127.255.255.255")]
    [TestCase("168.63.129.16", "168.63.129.16")]
    [TestCase("169.254.0.0", "169.254.255.255")]
    [TestCase("169.254.169.254", "169.254.170.2")]
    [TestCase("172.16.0.0", "172.31.255.255")]
    [TestCase("192.0.0.0", "192.0.0.255")]
    [TestCase("192.0.2.0", "192.0.2.255")]
    [TestCase("192.88.99.0", "192.88.99.255")]
    [TestCase("192.168.0.0", "192.168.255.255")]
    [TestCase("198.18.0.0", "198.19.255.255")]
    [TestCase("198.51.100.0", "198.51.100.255")]
    [TestCase("203.0.113.0", "203.0.113.255")]
    [TestCase("224.0.0.0", "239.255.255.255")]
    [TestCase("240.0.0.0", "255.255.255.255")]
    [TestCase("::", "::1")]
    [TestCase("::7f00:1", "::ffff:127.0.0.1")]
    [TestCase("::ffff:8.8.8.8", "::ffff:0:8.8.8.8")]
    [TestCase("64:ff9b::7f00:1", "64:ff9b:1::1")]
    [TestCase("100::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("2001::", "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("3fff::", "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("fc00::", "fdff::1")]
    [TestCase("fe80::1", "fe80::1%1")]
    [TestCase("fec0::1", "ff02::1")]
    public void Everything_else_is_not(string first, string last)
    {
        Assert.That(PublicAddress.Is(IPAddress.Parse(first)), Is.False, first);
        Assert.That(PublicAddress.Is(IPAddress.Parse(last)), Is.False, last);
    }

    [Test]
    public void No_IPv6_address_that_is_made_of_an_IPv4_one_is_public() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(
            ArbMap.Default.ArbFor<uint>(),
            bits => !PublicAddress.Is(new IPAddress(bits).MapToIPv6())));

    [Test]
    public void Outside_2000_3_no_IPv6_address_is_public() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(
            ArbMap.Default.ArbFor<Guid>(),
            bits => bits.ToByteArray()[0] is >= 0x20 and <= 0x3f || !PublicAddress.Is(new IPAddress(bits.ToByteArray()))));
}
