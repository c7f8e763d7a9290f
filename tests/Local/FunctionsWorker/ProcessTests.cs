using System.Diagnostics;
using Local.Up;
using Microsoft.Azure.Functions.Worker;

namespace Pipeline.Tests.FunctionsWorker;

/// <summary>What only a process of its own can show: signals, exit codes, and what is printed.</summary>
public sealed class ProcessTests
{
    internal const string Arguments = "LOCAL_APP_ARGUMENTS";
    internal const string Folder = "LOCAL_APP_FOLDER";

    private static readonly TimeSpan GraceAndMore = TimeSpan.FromSeconds(20);

    private readonly string folder = Directory.CreateTempSubdirectory("local-process-").FullName;

    [OneTimeTearDown]
    public void DeleteFolder() => Directory.Delete(folder, recursive: true);

    [Test]
    public async Task SIGTERM_ends_the_process_within_its_grace_and_a_message_in_work_stays()
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("Windows has no SIGTERM.");
        var queues = await QueueApp.Create();
        await queues.Images.SendMessageAsync("work");
        using var app = Start("""{ "version": "2.0" }""", FreePorts.Find(), queues.Account);
        try
        {
            var printed = "";
            while (!printed.Contains("stubborn work begins", StringComparison.Ordinal))
            {
                var line = await app.StandardOutput.ReadLineAsync().WaitAsync(Eventually.Limit);
                printed += line ?? throw new InvalidOperationException(printed);
            }

            Assert.That(printed, Does.Contain("Stubborn: queueTrigger images"));

            using var kill = Process.Start("kill", ["-TERM", $"{app.Id}"]);
            await app.WaitForExitAsync().WaitAsync(GraceAndMore);

            Assert.That(app.ExitCode, Is.Zero);
            Assert.That(await queues.Count("images"), Is.EqualTo(1), "hidden until its lease ends");
        }
        finally
        {
            if (!app.HasExited) app.Kill();
        }
    }

    [Test]
    public async Task A_port_in_use_is_one_line_and_exit_code_1()
    {
        await using var other = await LocalApp.Start([]);
        var port = other.Http.BaseAddress!.Port;

        var (exitCode, error) = await Refused("""{ "version": "2.0" }""", port);

        Assert.That((exitCode, error.Trim().Split('\n').Length), Is.EqualTo((1, 1)), error);
        Assert.That(error, Does.Contain($"127.0.0.1:{port}: address already in use"));
    }

    [Test]
    public async Task A_faulty_host_json_is_one_line_and_exit_code_1()
    {
        var batchOf99 = """{ "version": "2.0", "extensions": { "queues": { "batchSize": 99 } } }""";

        var (exitCode, error) = await Refused(batchOf99, FreePorts.Find());

        Assert.That((exitCode, error.Trim().Split('\n').Length), Is.EqualTo((1, 1)), error);
        Assert.That(error, Does.Contain("extensions.queues.batchSize: expected 1 to 32, got 99"));
    }

    private async Task<(int ExitCode, string Error)> Refused(string hostJson, int port)
    {
        using var app = Start(hostJson, port, Storage.NewAccount());
        try
        {
            var output = app.StandardOutput.ReadToEndAsync();
            var error = await app.StandardError.ReadToEndAsync().WaitAsync(Eventually.Limit);
            await output;
            await app.WaitForExitAsync().WaitAsync(Eventually.Limit);
            return (app.ExitCode, error);
        }
        finally
        {
            if (!app.HasExited) app.Kill();
        }
    }

    private Process Start(string hostJson, int port, string account)
    {
        var own = Directory.CreateDirectory(Path.Combine(folder, $"{port}")).FullName;
        File.WriteAllText(Path.Combine(own, "host.json"), hostJson);
        var assembly = typeof(ProcessTests).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", ["exec", assembly]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["DOTNET_STARTUP_HOOKS"] = assembly;
        start.Environment["AzureWebJobsStorage"] = account;
        start.Environment[Folder] = own;
        start.Environment[Arguments] = $"--urls http://127.0.0.1:{port}";
        return Process.Start(start)!;
    }

    internal static class Stubborn
    {
        [Function("Stubborn")]
        public static async Task Run([QueueTrigger("images")] string _)
        {
            Console.WriteLine("stubborn work begins");
            await Task.Delay(Timeout.InfiniteTimeSpan);
        }
    }
}
