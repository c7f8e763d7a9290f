using System.Diagnostics;
using System.Text.Json;
using Local.ImageApi;
using Local.Up;

namespace Pipeline.HostTests;

/// <summary>What all tests share: the published app, Azurite, and the image API's simulator.</summary>
[SetUpFixture]
public sealed class Surroundings
{
    private static Azurite azurite = null!;
    private static int accounts;

    /// <summary>Where the app was published to.</summary>
    public static string Published { get; private set; } = "";

    public static Simulator ImageApi { get; private set; } = null!;

    /// <summary>The connection string of a storage account that nobody else has.</summary>
    public static string NewStorage() => azurite.ConnectionString($"host{Interlocked.Increment(ref accounts)}");

    /// <summary>The settings of the sample, with this machine's storage and image API.</summary>
    public static Dictionary<string, string> Settings(string storage)
    {
        var sample = JsonElement.Parse(File.ReadAllText(Checkout.PathTo("local.settings.sample.json")));
        var settings = sample.GetProperty("Values").EnumerateObject().ToDictionary(value => value.Name, value => value.Value.GetString()!);
        settings["AzureWebJobsStorage"] = storage;
        settings["ImageApi__BaseUrl"] = ImageApi.Url.AbsoluteUri;
        settings["ImageApi__Key"] = SimulatorOptions.DefaultKey;
        return settings;
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        Published = System.Environment.GetEnvironmentVariable("PIPELINE_PUBLISHED") ?? await Publish();
        var modules = await AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), TestContext.Progress.WriteLine, CancellationToken.None);
        azurite = await Azurite.Start(
            modules, FreePorts.Find(3), data: null, [.. Enumerable.Range(1, 100).Select(i => $"host{i}")], CancellationToken.None);
        ImageApi = await Simulator.Start(
            new SimulatorOptions { Port = 0, Latency = 0.02, SmallImages = true }, CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await ImageApi.DisposeAsync();
        await azurite.DisposeAsync();
    }

    private static async Task<string> Publish()
    {
        var folder = Checkout.PathTo("functions", "bin-azure", "host-tests");
        var took = Stopwatch.StartNew();
        using var publish = Process.Start(
            "dotnet", ["publish", Checkout.PathTo("functions"), "-p:AzureBuild=true", "-o", folder, "-v", "quiet", "--nologo"]);
        await publish.WaitForExitAsync();
        Assert.That(publish.ExitCode, Is.Zero);
        await TestContext.Progress.WriteLineAsync($"Published in {took.Elapsed.TotalSeconds:F0} s.");
        return folder;
    }
}
