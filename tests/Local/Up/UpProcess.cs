using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Local.Up;

namespace Pipeline.Tests.Up;

/// <summary>What <c>up --json</c> prints once it is ready.</summary>
internal sealed record Ready(string Url, string ImageApi, string ApiKey, string OperatorKey, string Storage)
{
    /// <summary>All ports that something of it listens on.</summary>
    public IEnumerable<int> Ports => Storage.Split(';').Where(part => part.Contains("Endpoint=", StringComparison.Ordinal))
        .Select(part => part[(part.IndexOf('=', StringComparison.Ordinal) + 1)..])
        .Append(Url).Append(ImageApi)
        .Select(url => new Uri(url).Port);
}

/// <summary>The program as a newcomer starts it, with its two streams apart.</summary>
internal sealed class UpProcess : IAsyncDisposable
{
    /// <summary>On free ports, with nothing kept, as fast as it gets.</summary>
    public static readonly string[] Quick =
        ["--memory", "--latency", "0", "--small-images", "--port", "0", "--image-api-port", "0", "--storage-port", "0"];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly StringBuilder errors = new();
    private Ready? ready;

    private UpProcess(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors) errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    public string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }

    public static UpProcess Start(IEnumerable<string> arguments, params (string Name, string? Value)[] environment)
    {
        var configuration = typeof(UpProcess).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;
        var program = Checkout.PathTo("local", "up", "bin", configuration, "net10.0", "Local.Up.dll");
        var start = new ProcessStartInfo(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", [program, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        return new UpProcess(Process.Start(start)!);
    }

    public async Task<Ready> UntilReady()
    {
        using var limit = new CancellationTokenSource(Limit);
        var line = await process.StandardOutput.ReadLineAsync(limit.Token) ?? throw new AssertionException($"It ended: {Errors}");
        return ready = JsonSerializer.Deserialize<Ready>(line, Snake.Json)!;
    }

    /// <summary>The process ids of what it started, as Linux tells them.</summary>
    public IEnumerable<int> Children() =>
        Directory.GetDirectories("/proc").Select(Path.GetFileName).Where(name => int.TryParse(name, out _)).Select(int.Parse!)
            .Where(id => ParentOf(id) == process.Id);

    public void KillWithoutItsChildren() => process.Kill(entireProcessTree: false);

    public void Terminate()
    {
        using var kill = Process.Start("kill", ["-TERM", $"{process.Id}"]);
        kill.WaitForExit();
    }

    /// <summary>Its exit code, and what is left on stdout.</summary>
    public async Task<(int ExitCode, string Output)> End()
    {
        using var limit = new CancellationTokenSource(Limit);
        var output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return (process.ExitCode, output);
    }

    private static int ParentOf(int id)
    {
        try
        {
            var stat = File.ReadAllText($"/proc/{id}/stat");
            return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[1], CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            // It has ended in between.
            return 0;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited) process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync();
        process.Dispose();
        if (ready is not null) File.Delete(Checkout.PathTo(".local", $"app-{new Uri(ready.Url).Port}.log"));
    }
}
