using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Pipeline.HostTests.Host;

/// <summary>The app as it was published, started as the Functions host starts it.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private const int SigTerm = 15;
    private const int MessageBytesMax = int.MaxValue;

    private readonly Process process;
    private readonly ConcurrentQueue<string> printed = [];

    private WorkerProcess(Process process)
    {
        this.process = process;
        process.OutputDataReceived += (_, line) => Add(line.Data);
        process.ErrorDataReceived += (_, line) => Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Ended = WaitForEnd();
    }

    /// <summary>What it printed on either stream.</summary>
    public IReadOnlyCollection<string> Printed => printed;

    /// <summary>Its exit code, once it has ended.</summary>
    public Task<int> Ended { get; }

    public int Id => process.Id;

    /// <param name="folder">Of the published app.</param>
    /// <param name="port">Where the host listens for the worker.</param>
    /// <param name="workerId">By which the worker tells who it is.</param>
    /// <param name="settings">The app's.</param>
    public static WorkerProcess Start(string folder, int port, string workerId, IReadOnlyDictionary<string, string> settings)
    {
        var uri = $"http://127.0.0.1:{port}/";
        var request = Guid.NewGuid().ToString();
        var start = new ProcessStartInfo("dotnet",
        [
            // As defaultExecutablePath and defaultWorkerPath of worker.config.json have it.
            "Pipeline.Functions.dll",
            "--host", "127.0.0.1", "--port", $"{port}", "--workerId", workerId, "--requestId", request,
            "--grpcMaxMessageLength", $"{MessageBytesMax}",
            "--functions-uri", uri, "--functions-worker-id", workerId, "--functions-request-id", request,
            "--functions-grpc-max-message-length", $"{MessageBytesMax}",
        ])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings) start.Environment[name] = value;
        start.Environment["FUNCTIONS_APPLICATION_DIRECTORY"] = folder;
        start.Environment["FUNCTIONS_WORKER_DIRECTORY"] = folder;
        start.Environment["FUNCTIONS_WORKER_RUNTIME"] = "dotnet-isolated";
        start.Environment.Remove("ASPNETCORE_URLS");
        return new WorkerProcess(new Process { StartInfo = start });
    }

    public void Terminate() => _ = SendSignal(process.Id, SigTerm);

    public void Kill()
    {
        if (!Ended.IsCompleted) process.Kill(entireProcessTree: true);
    }

    public async ValueTask DisposeAsync()
    {
        Kill();
        await Ended;
        process.Dispose();
    }

    private void Add(string? line)
    {
        if (line is not null) printed.Enqueue(line);
    }

    private async Task<int> WaitForEnd()
    {
        await process.WaitForExitAsync();
        return process.ExitCode;
    }

    [DllImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SendSignal(int process, int signal);
}
