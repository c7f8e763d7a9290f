using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Local.ImageApi;
using Local.Up;

namespace Pipeline.Tests.Up;

public sealed class UpTests
{
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(10);

    [Test]
    [Platform(Exclude = "Win", Reason = "Windows has no SIGTERM.")]
    public async Task Once_ready_it_prints_one_line_of_json_and_a_signal_stops_all_it_started()
    {
        await using var up = UpProcess.Start([.. UpProcess.Quick, "--json"]);
        var ready = await up.UntilReady();
        using (var client = Client.WithApiKey(new Uri(ready.Url), ready.ApiKey))
            Assert.That((await client.Get<Balance>("v1/credits", CancellationToken.None)).Available, Is.EqualTo(1000));
        Assert.That(ready.Ports.Count(FreePorts.IsTaken), Is.EqualTo(5));

        var watch = Stopwatch.StartNew();
        up.Terminate();
        var (exitCode, output) = await up.End();

        Assert.That(watch.Elapsed, Is.LessThan(StopLimit));
        Assert.That(exitCode, Is.Zero, up.Errors);
        Assert.That(output, Is.Empty);
        Assert.That(ready.Ports.Where(FreePorts.IsTaken), Is.Empty);
    }

    [Test]
    public async Task Two_run_side_by_side_and_the_second_may_use_the_firsts_image_api()
    {
        await using var first = UpProcess.Start([.. UpProcess.Quick, "--json"]);
        var ofFirst = await first.UntilReady();
        await using var second = UpProcess.Start(
            ["--memory", "--port", "0", "--storage-port", "0", "--image-api", ofFirst.ImageApi, "--json"],
            (ImageApiAccess.KeyVariable, SimulatorOptions.DefaultKey));
        var ofSecond = await second.UntilReady();

        Assert.That(ofSecond.ImageApi, Is.EqualTo(ofFirst.ImageApi));
        Assert.That(ofSecond.Url, Is.Not.EqualTo(ofFirst.Url));
        using var http = new HttpClient();
        foreach (var ready in new[] { ofFirst, ofSecond })
            Assert.That(await http.GetStringAsync(new Uri($"{ready.Url}/v1/health")), Does.Contain("\"status\":\"healthy\""));
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "Windows has no SIGTERM.")]
    public async Task Kept_data_belongs_to_one_run_at_a_time_and_the_next_finds_the_account_again()
    {
        var data = Directory.CreateTempSubdirectory("up-data-").FullName;
        string[] arguments = ["--json", "--data", data, "--port", "0", "--image-api-port", "0", "--storage-port", "0"];
        try
        {
            string key;
            await using (var first = UpProcess.Start(arguments))
            {
                key = (await first.UntilReady()).ApiKey;
                await using var another = UpProcess.Start(arguments);
                Assert.That((await another.End()).ExitCode, Is.EqualTo(1));
                Assert.That(another.Errors, Does.Contain($"Another `local/up` keeps its data in {data}").And.Contain("--data"));
                first.Terminate();
                await first.End();
            }

            await using var next = UpProcess.Start(arguments);
            var ready = await next.UntilReady();
            using var client = Client.WithApiKey(new Uri(ready.Url), key);
            Assert.That((await client.Get<Balance>("v1/credits", CancellationToken.None)).Granted, Is.EqualTo(1000));
        }
        finally
        {
            Directory.Delete(data, recursive: true);
        }
    }

    [Test]
    public async Task What_it_started_ends_also_if_it_is_killed()
    {
        await using var up = UpProcess.Start([.. UpProcess.Quick, "--json"]);
        var ready = await up.UntilReady();

        up.KillWithoutItsChildren();

        // The app gives what it does 10 s.
        Assert.That(() => ready.Ports.Where(FreePorts.IsTaken), Is.Empty.After(20).Seconds.PollEvery(100).MilliSeconds);
    }

    [TestCase("Pipeline.Functions.dll", "The app ended")]
    [TestCase("azurite.js", "Azurite ended")]
    [Platform("Linux")]
    public async Task If_a_part_ends_all_ends_and_it_says_so(string program, string told)
    {
        await using var up = UpProcess.Start([.. UpProcess.Quick, "--json"]);
        var ready = await up.UntilReady();
        var part = up.Children().Single(id => File.ReadAllText($"/proc/{id}/cmdline").Contains(program, StringComparison.Ordinal));

        using (var process = Process.GetProcessById(part)) process.Kill();

        Assert.That((await up.End()).ExitCode, Is.EqualTo(1));
        Assert.That(up.Errors, Does.Contain(told));
        Assert.That(ready.Ports.Where(FreePorts.IsTaken), Is.Empty);
    }

    [Test]
    public async Task A_port_in_use_is_told_with_the_option_that_changes_it_before_anything_is_started()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        await using var up = UpProcess.Start(["--memory", "--json", "--port", $"{port}", "--image-api-port", "0", "--storage-port", "0"]);
        var (exitCode, output) = await up.End();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Is.Empty);
        Assert.That(up.Errors, Does.Contain($"Port {port}, the app's, is in use").And.Contain("--port").And.Not.Contain("Starting"));
    }

    [Test]
    public async Task Another_image_api_needs_its_key()
    {
        await using var up = UpProcess.Start(
            ["--memory", "--port", "0", "--storage-port", "0", "--image-api", "https://images.example"],
            (ImageApiAccess.KeyVariable, null));
        var (exitCode, output) = await up.End();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Is.Empty);
        Assert.That(up.Errors, Does.Contain("https://images.example needs the key").And.Contain(ImageApiAccess.KeyVariable));
    }

    [Test]
    public async Task An_app_that_does_not_start_is_quoted()
    {
        await using var up = UpProcess.Start([.. UpProcess.Quick, "--json"], ("Jobs__AttemptsMax", "many"));
        var (exitCode, output) = await up.End();

        Assert.That(exitCode, Is.EqualTo(1));
        Assert.That(output, Is.Empty);
        Assert.That(up.Errors, Does.Contain("Setting Jobs__AttemptsMax"));
    }

    private sealed record Balance(long Available, long Granted);
}
