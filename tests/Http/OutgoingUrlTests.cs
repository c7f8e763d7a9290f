using FsCheck;
using FsCheck.Fluent;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

public sealed class OutgoingUrlTests
{
    private const string NotPublic = "must be on a host of the public internet.";

    private static readonly OutgoingOptions Cloud = new();
    private static readonly OutgoingOptions LocalRun = new() { AllowLoopback = true };

    [TestCase("https://example.com/cat.png?signature=a%2Fb")]
    [TestCase("https://example.com:8443/")]
    [TestCase("https://example.com./")]
    [TestCase("https://1.1.1.1/")]
    [TestCase("https://[2606:4700:4700::1111]/")]
    [TestCase("https://bücher.example.com/")]
    [TestCase("https://my_bucket.s3.example.com/")]
    [TestCase("https://xn--e1afmkfd.xn--p1ai/")]
    public void What_is_on_the_public_internet_is_allowed(string url) =>
        Assert.That(OutgoingUrl.FaultOf(new Uri(url), Cloud), Is.Null);

    [TestCase("https://2130706433/")]
    [TestCase("https://2130706433./")]
    [TestCase("https://0177.0.0.1/")]
    [TestCase("https://0x7f.1/")]
    [TestCase("https://127.1/")]
    [TestCase("https://127.0.0.1./")]
    [TestCase("https://127。0。0。1/")]
    [TestCase("https://127.0.0.08/")]
    [TestCase("https://256.0.0.1/")]
    [TestCase("https://1.2.3.4.5/")]
    [TestCase("https://example.0x7f/")]
    [TestCase("https://[::ffff:169.254.169.254]/")]
    [TestCase("https://[fe80::1%25eth0]/")]
    [TestCase("https://localhost/")]
    [TestCase("https://LOCALHOST./")]
    [TestCase("https://printer/")]
    [TestCase("https://metadata.google.internal。/")]
    [TestCase("https://db.INTERNAL./")]
    public void An_address_in_whatever_spelling_and_a_private_name_are_refused(string url) =>
        Assert.That(OutgoingUrl.FaultOf(new Uri(url), Cloud), Is.EqualTo(NotPublic));

    [TestCase(253, null)]
    [TestCase(254, NotPublic)]
    public void A_name_is_as_long_as_a_name_server_takes_it(int length, string? fault)
    {
        var host = string.Join('.', Enumerable.Repeat(new string('a', 49), 5)) + "." + new string('b', length - 250);

        Assert.That(host, Has.Length.EqualTo(length));
        Assert.That(OutgoingUrl.FaultOf(new Uri($"https://{host}/"), Cloud), Is.EqualTo(fault));
    }

    [Test]
    public void A_host_that_Unicode_has_no_name_for_is_refused() =>
        Assert.That(OutgoingUrl.FaultOf(new Uri("https://127a\ufdfa\u3002/"), Cloud), Is.EqualTo(NotPublic));

    [TestCase("http://example.com/", "must be an https URL.")]
    [TestCase("ftp://example.com/", "must be an https URL.")]
    [TestCase("file:///etc/passwd", "must be an https URL.")]
    [TestCase("https://me@example.com/", "must not carry a user name or password: a signed URL does the same.")]
    [TestCase("https://example.com@127.0.0.1/", "must not carry a user name or password: a signed URL does the same.")]
    public void Other_forms_are_refused_with_the_way_out(string url, string fault) =>
        Assert.That(OutgoingUrl.FaultOf(new Uri(url), Cloud), Is.EqualTo(fault));

    [TestCase(2048, null)]
    [TestCase(2049, "must be an https URL of at most 2,048 characters.")]
    public void An_address_has_2048_characters_at_most(int length, string? fault) => Assert.That(
        OutgoingUrl.FaultOf(new Uri("https://example.com/".PadRight(length, 'a')), Cloud), Is.EqualTo(fault));

    [TestCase("http://localhost:9000/hook", null)]
    [TestCase("http://127.0.0.1:9000/", null)]
    [TestCase("https://[::1]:9000/", null)]
    [TestCase("https://example.com/", null)]
    [TestCase("http://example.com/", "must be an https URL.")]
    [TestCase("http://10.0.0.1/", "must be an https URL.")]
    [TestCase("https://10.0.0.1/", NotPublic)]
    [TestCase("https://app.localhost/", NotPublic)]
    public void In_a_local_run_this_machine_is_allowed_too(string url, string? fault) =>
        Assert.That(OutgoingUrl.FaultOf(new Uri(url), LocalRun), Is.EqualTo(fault));

    [Test]
    public void Whatever_a_caller_sends_as_a_host_is_answered() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(5000),
        Prop.ForAll(Hosts().ToArbitrary(), host =>
        {
            if (!Uri.TryCreate($"https://{host}/", UriKind.Absolute, out var url)) return;
            OutgoingUrl.FaultOf(url, Cloud);
            OutgoingUrl.FaultOf(url, LocalRun);
        }));

    [TestCase("https://\u202e.xn--")]
    [TestCase("https://www.a.com\u3002\u202e-\u00df/")]
    [TestCase("https://a.com\u202e.\u202e_b")]
    [TestCase("https://b.com\u202e\uff0e\u202e_\u0130")]
    [TestCase("https://0x7f000001\u202e/")]
    [TestCase("https://\u200e134744072/")]
    [TestCase("ftp://example.com/")]
    [TestCase("//example.com/")]
    public void What_does_not_read_back_as_it_is_stored_is_not_taken(string text) => Assert.That(OutgoingUrl.Read(text), Is.Null);

    [TestCase("https://example.com", "https://example.com/")]
    [TestCase("HTTPS://EXAMPLE.com:443/a b?c=\u00e4#d", "https://example.com/a%20b?c=%C3%A4#d")]
    public void What_is_taken_is_the_URL_that_is_stored(string text, string url) =>
        Assert.That(OutgoingUrl.Read(text)?.AbsoluteUri, Is.EqualTo(url));

    [TestCase(333, true)]
    [TestCase(340, false)]
    public void A_URL_is_as_long_as_it_is_when_escaped(int umlauts, bool taken) =>
        Assert.That(OutgoingUrl.Read("https://a.com/?" + new string('\u00e4', umlauts)) is not null, Is.EqualTo(taken));

    [Test]
    public void Whatever_is_taken_reads_back_from_its_text() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(20_000),
        Prop.ForAll(Texts().ToArbitrary(), text =>
        {
            if (OutgoingUrl.Read(text) is not { } url || OutgoingUrl.FaultOf(url, Cloud) is not null) return;
            var again = new Uri(url.AbsoluteUri);
            Assert.That((again.AbsoluteUri, again.IdnHost), Is.EqualTo((url.AbsoluteUri, url.IdnHost)), text);
        }));

    private static Gen<string> Texts() =>
        from start in Gen.Elements("https://", "https://example.com/", "HTTPS://www.a.com", "https:")
        from parts in Gen.Elements(
            "a", "b.com", ".", "/", "\\", "%", "%2f", "%00", "?", "#", ":", "@", "[", "]", "\u00df", "\u3002", "\uff0e", "\u200d",
            "\u202e", "\u200e", "\ufeff", "\u00ad", "\u0301", "\u0130", "\u2100", "\ud800", " ", "xn--", "-", "_", "1", "0x7f", "..",
            ":443", "%E2%80%AE").NonEmptyListOf()
        select start + string.Concat(parts.Take(9));

    private static Gen<string> Hosts() =>
        from parts in Gen.Elements(
            "a", "1", "１", ".", "。", "．", "-", "xn--", "\ud800", "\u00ad", "\u200d", "ß", "İ", "ﬃ", "\ufdfa", "\u05d0", "é", "[", "]",
            "::1", "%25", "127", "0x", "@", ":", "local").NonEmptyListOf()
        select string.Concat(parts.Take(8));
}
