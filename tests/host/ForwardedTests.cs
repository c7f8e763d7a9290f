namespace Pipeline.HostTests;

/// <summary>What the app says of where it is, behind Azure's front ends.</summary>
public sealed class ForwardedTests
{
    [Test]
    public async Task Urls_begin_as_callers_know_the_app_and_nobody_elses_header_counts()
    {
        await using var app = await DeployedApp.Start(("WEBSITE_HOSTNAME", "func-trial.azurewebsites.net"));
        var (_, key) = await app.NewAccount();

        using var posted = await app.Send(
            HttpMethod.Post, "v1/jobs", DeployedApp.JsonContent(new { prompt = "A fox", model = "512" }), key,
            ("Host", "func-trial"), ("DISGUISED-HOST", "func-trial.azurewebsites.net"), ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "evil.example"), ("X-Forwarded-Prefix", "/v1"), ("X-Forwarded-For", "198.51.100.7:5000"));

        Assert.That((int)posted.StatusCode, Is.EqualTo(202), await posted.Content.ReadAsStringAsync());
        Assert.That(posted.Headers.Location?.ToString(), Does.StartWith("https://func-trial.azurewebsites.net/v1/jobs/job_"));
    }
}
