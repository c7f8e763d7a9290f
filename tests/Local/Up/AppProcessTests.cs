using System.Diagnostics;
using Local.ImageApi;
using Local.Up;

namespace Pipeline.Tests.Up;

public sealed class AppProcessTests
{
    [Test]
    public async Task The_app_starts_on_a_free_port_and_stops_when_asked()
    {
        await using var simulator = await Simulator.Start(new SimulatorOptions { Port = 0 }, CancellationToken.None);
        await using var app = await AppProcess.Start(Settings(simulator), CancellationToken.None);

        using var http = new HttpClient();
        Assert.That(await http.GetStringAsync(new Uri(app.Url, "v1/health")), Does.Contain("\"status\":\"healthy\""));
        Assert.That(app.Lines, Has.Some.Contains("SubmitJob"));

        Assert.That(await app.Stop(), Is.Zero);
        Assert.That(app.Ended.IsCompleted);
    }

    [Test]
    public async Task An_app_that_refuses_its_settings_is_quoted()
    {
        await using var simulator = await Simulator.Start(new SimulatorOptions { Port = 0 }, CancellationToken.None);
        var settings = new Dictionary<string, string>(Settings(simulator)) { ["Jobs__AttemptsMax"] = "many" };

        var refused = Assert.ThrowsAsync<CannotStartException>(() => AppProcess.Start(settings, CancellationToken.None));

        Assert.That(refused!.Message, Does.Contain("The app ended with code 1").And.Contain("Jobs__AttemptsMax"));
    }

    [Test]
    public async Task A_killed_app_is_gone_at_once()
    {
        await using var simulator = await Simulator.Start(new SimulatorOptions { Port = 0 }, CancellationToken.None);
        await using var app = await AppProcess.Start(Settings(simulator), CancellationToken.None);

        await app.Kill();

        Assert.That(() => Process.GetProcessById(app.Id), Throws.ArgumentException);
    }

    private static Dictionary<string, string> Settings(Simulator simulator) => new()
    {
        ["AzureWebJobsStorage"] = Storage.NewAccount(),
        ["ImageApi__BaseUrl"] = simulator.Url.AbsoluteUri,
        ["ImageApi__Key"] = SimulatorOptions.DefaultKey,
    };
}
