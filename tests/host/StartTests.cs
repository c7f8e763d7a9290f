using System.Text.RegularExpressions;
using Local.ImageApi;
using Local.Up;
using Pipeline.HostTests.Host;

namespace Pipeline.HostTests;

/// <summary>What the host learns of the app, and how that starts and ends.</summary>
public sealed partial class StartTests
{
    [Test]
    public async Task The_functions_are_those_that_the_docs_list()
    {
        await using var host = await MiniHost.Start(Surroundings.Published, Surroundings.Settings(Surroundings.NewStorage()));
        await TestContext.Progress.WriteLineAsync($"{host.Functions.Count} functions, loaded in {host.StartTook.TotalSeconds:F1} s.");

        Assert.That(host.Functions.Values.Select(Line), Is.EquivalentTo(Documented()));
        Assert.That(host.Functions.Values.Where(function => function["connection"] is not null), Is.Empty, "all by AzureWebJobsStorage");
    }

    [Test]
    public async Task A_setting_that_is_missing_ends_it_by_name()
    {
        var settings = Surroundings.Settings(Surroundings.NewStorage());
        settings["ImageApi__Key"] = "";

        var failure = Assert.ThrowsAsync<CannotStartException>(() => MiniHost.Start(Surroundings.Published, settings));

        Assert.That(failure!.Message, Does.Contain("ended with code 1").And.Contain("Setting ImageApi__Key is missing"));
        await Task.CompletedTask;
    }

    [Test]
    [Repeat(5)]
    public async Task It_ends_well_when_the_host_says_so()
    {
        await using var host = await MiniHost.Start(Surroundings.Published, Surroundings.Settings(Surroundings.NewStorage()));
        await host.Started();

        var code = await host.Stop(TimeSpan.FromSeconds(5));

        Assert.That(code, Is.Zero, string.Join('\n', host.Worker.Printed));
    }

    [Test]
    public async Task What_runs_when_the_host_stops_is_finished()
    {
        await using var slow = await Simulator.Start(new SimulatorOptions { Port = 0, SmallImages = true }, CancellationToken.None);
        await using var app = await DeployedApp.Start(("ImageApi__BaseUrl", slow.Url.AbsoluteUri));
        var (_, key) = await app.NewAccount();
        using var posted = await app.Post("v1/jobs", new { prompt = "A slow fox", model = "512" }, key);
        var job = (await DeployedApp.Json(posted, 202)).GetProperty("id").GetString()!;
        await DeployedApp.Until(
            () => app.GetJson($"v1/jobs/{job}", key), found => found.GetProperty("status").GetString() == "running");

        var code = await app.Host.Stop(TimeSpan.FromSeconds(5));

        Assert.That(code, Is.Zero, string.Join('\n', app.Host.Worker.Printed));
        var logs = app.Host.Channel.Logs.Select(log => log.Message);
        Assert.That(logs, Has.Some.Contains($"{job}: Succeeded after attempt 1"));
    }

    [Test]
    [Repeat(5)]
    public async Task It_ends_well_by_SIGTERM()
    {
        await using var host = await MiniHost.Start(Surroundings.Published, Surroundings.Settings(Surroundings.NewStorage()));
        await host.Started();

        host.Worker.Terminate();

        var code = await host.Worker.Ended.WaitAsync(TimeSpan.FromSeconds(30));
        Assert.That(code, Is.Zero, string.Join('\n', host.Worker.Printed));
    }

    private static string Line(HostedFunction function) => function.Kind switch
    {
        "httpTrigger" => $"{function.Name} | {string.Join(", ", function.Methods)} /{function["route"]} | {function["authLevel"]}",
        "queueTrigger" => $"{function.Name} | {function["queueName"]}",
        "blobTrigger" => $"{function.Name} | {function["path"]}, {function["source"]}",
        _ => $"{function.Name} | {function["schedule"]}",
    };

    /// <summary>The rows of docs/functions.md, without what each does.</summary>
    private static IEnumerable<string> Documented() => File.ReadAllLines(Checkout.PathTo("docs", "functions.md"))
        .Select(line => Row().Match(line)).Where(row => row.Success)
        .Select(row => $"{row.Groups[1].Value} | {row.Groups[2].Value.Replace("`", "", StringComparison.Ordinal)}");

    [GeneratedRegex(@"^\| \[(\w+)\]\([^)]*\) \| (.*?) \| [^|]*\|$")]
    private static partial Regex Row();
}
