using Microsoft.Extensions.Configuration;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests;

public sealed class SettingsTests
{
    private const string Lease = "Setting Jobs__LeaseDuration: expected a time as [d.]hh:mm:ss from 00:00:02 to 01:00:00, got '";

    [Test]
    public void What_is_not_set_has_its_default()
    {
        var options = Read<JobOptions>("Jobs", [], out var faults);

        Assert.That(faults, Is.Empty);
        Assert.That((options.AttemptsMax, options.LeaseDuration), Is.EqualTo((5, TimeSpan.FromMinutes(2))));
    }

    [Test]
    public void What_is_set_is_read()
    {
        var options = Read<JobOptions>("Jobs", new() { ["Jobs:AttemptsMax"] = "7", ["Jobs:RetryDelay"] = "00:00:00.5" }, out var faults);

        Assert.That(faults, Is.Empty);
        Assert.That((options.AttemptsMax, options.RetryDelay), Is.EqualTo((7, TimeSpan.FromMilliseconds(500))));
    }

    [TestCase("Jobs:AttemptsMax", "0", "Setting Jobs__AttemptsMax: expected a whole number from 1 to 20, got '0'.")]
    [TestCase("Jobs:AttemptsMax", "five", "Setting Jobs__AttemptsMax: expected a whole number from 1 to 20, got 'five'.")]
    [TestCase("Jobs:LeaseDuration", "120", Lease + "120'.")]
    [TestCase("Jobs:LeaseDuration", "02:00:00", Lease + "02:00:00'.")]
    [TestCase(
        "Jobs:AttemptMax", "3",
        "Setting Jobs__AttemptMax is none of this app's: those of Jobs are "
        + "AttemptsMax, LeaseDuration, RetryDelay, RetryUnknown, OutageMax, ResendAfter.")]
    public void A_setting_that_is_wrong_is_named_with_what_is_expected(string name, string value, string fault)
    {
        Read<JobOptions>("Jobs", new() { [name] = value }, out var faults);

        Assert.That(faults, Is.EqualTo(new[] { fault }));
    }

    [TestCase("0.5", 0.5)]
    [TestCase("2", 2)]
    public void A_factor_may_have_a_fraction(string value, double scale) => Assert.That(
        Read<ImageApiOptions>("ImageApi", new() { ["ImageApi:TimeoutScale"] = value, ["ImageApi:Key"] = "k" }, out _).TimeoutScale,
        Is.EqualTo(scale));

    [TestCase("0")]
    [TestCase("0,5")]
    [TestCase("NaN")]
    public void A_factor_that_is_none_is_refused(string value) => Assert.That(
        Faults<ImageApiOptions>("ImageApi", new() { ["ImageApi:TimeoutScale"] = value, ["ImageApi:Key"] = "k" }).Single(),
        Is.EqualTo($"Setting ImageApi__TimeoutScale: expected a number from 0.01 to 2, got '{value}'."));

    [TestCase("true", true)]
    [TestCase("False", false)]
    public void A_switch_is_true_or_false(string value, bool isOn) => Assert.That(
        Read<OutgoingOptions>("Outgoing", new() { ["Outgoing:AllowLoopback"] = value }, out _).AllowLoopback, Is.EqualTo(isOn));

    [TestCase("yes")]
    [TestCase("1")]
    public void A_switch_is_nothing_else(string value) => Assert.That(
        Faults<OutgoingOptions>("Outgoing", new() { ["Outgoing:AllowLoopback"] = value }),
        Is.EqualTo(new[] { $"Setting Outgoing__AllowLoopback: expected true or false, got '{value}'." }));

    [TestCase("url", ReferenceTransport.Url)]
    [TestCase("Inline", ReferenceTransport.Inline)]
    [TestCase("auto", ReferenceTransport.Auto)]
    public void A_choice_is_read_by_its_name(string value, ReferenceTransport transport)
    {
        var options = Read<ImageApiOptions>(
            "ImageApi", new() { ["ImageApi:References"] = value, ["ImageApi:Key"] = "k" }, out var faults);

        Assert.That(faults, Is.Empty);
        Assert.That(options.References, Is.EqualTo(transport));
    }

    [TestCase("1")]
    [TestCase("link")]
    [TestCase("url,inline")]
    public void A_choice_that_is_none_is_refused_with_those_there_are(string value) => Assert.That(
        Faults<ImageApiOptions>("ImageApi", new() { ["ImageApi:References"] = value, ["ImageApi:Key"] = "k" }).Single(),
        Is.EqualTo($"Setting ImageApi__References: expected one of auto, url, inline, got '{value}'."));

    [TestCase("ftp://images.example")]
    [TestCase("http://images.example")]
    [TestCase("images.example")]
    public void The_image_API_is_reached_by_https_or_on_this_machine(string url)
    {
        Read<ImageApiOptions>("ImageApi", new() { ["ImageApi:BaseUrl"] = url, ["ImageApi:Key"] = "k" }, out var faults);

        Assert.That(
            faults.Single(),
            Is.EqualTo($"Setting ImageApi__BaseUrl: expected an https:// address, or an http:// one of this machine, got '{url}'."));
    }

    [Test]
    public void A_key_that_is_missing_is_named() =>
        Assert.That(
            Faults<ImageApiOptions>("ImageApi", []).Single(),
            Is.EqualTo("Setting ImageApi__Key is missing: expected a text of 1 to 500 characters."));

    [Test]
    public void A_key_is_never_printed() =>
        Assert.That(
            Faults<ImageApiOptions>("ImageApi", new() { ["ImageApi:Key"] = new string('s', 501) }).Single(), Does.Not.Contain("sss"));

    [Test]
    public void A_reference_to_a_key_vault_that_was_not_resolved_is_not_taken_for_the_key() => Assert.That(
        Faults<ImageApiOptions>(
            "ImageApi", new() { ["ImageApi:Key"] = "@Microsoft.KeyVault(SecretUri=https://kv.vault.azure.net/secrets/image-api-key)" })
            .Single(),
        Does.StartWith("Setting ImageApi__Key is a reference to a key vault that Azure could not resolve").And.Not.Contains("vault.azure"));

    private static IReadOnlyList<string> Faults<T>(string section, Dictionary<string, string?> values)
        where T : class, new()
    {
        Read<T>(section, values, out var faults);
        return faults;
    }

    private static T Read<T>(string section, Dictionary<string, string?> values, out IReadOnlyList<string> faults)
        where T : class, new()
    {
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        var options = settings.Read<T>(section);
        faults = settings.Faults;
        return options;
    }
}
