using Local.Up;

namespace Pipeline.Tests.Apps;

public sealed class StartTests
{
    [TestCase("ImageApi__Key", "", "Setting ImageApi__Key is missing: expected a text of 1 to 500 characters.")]
    [TestCase("ImageApi__BaseUrl", "nowhere", "Setting ImageApi__BaseUrl: expected an https:// address")]
    [TestCase("AzureWebJobsStorage", "", "AzureWebJobsStorage")]
    [TestCase("AzureWebJobsStorage", "Account=x", "Setting AzureWebJobsStorage: expected a storage connection string")]
    [TestCase("Jobs__AttemptsMax", "many", "Setting Jobs__AttemptsMax: expected a whole number from 1 to 20, got 'many'.")]
    [TestCase("Jobs__Lease", "00:01:00", "Setting Jobs__Lease is none of this app's")]
    public void A_setting_that_is_missing_or_malformed_stops_it_with_its_name(string name, string value, string message)
    {
        var settings = new Dictionary<string, string>
        {
            ["AzureWebJobsStorage"] = Storage.NewAccount(),
            ["ImageApi__BaseUrl"] = "http://127.0.0.1:9",
            ["ImageApi__Key"] = "k",
            [name] = value,
        };

        var refused = Assert.ThrowsAsync<CannotStartException>(() => AppProcess.Start(settings, CancellationToken.None));

        Assert.That(refused!.Message, Does.Contain(message));
        Assert.That(refused.Message, Does.Not.Contain("   at "), "no stack trace");
    }
}
