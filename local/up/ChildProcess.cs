using System.ComponentModel;
using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Local.Up;

/// <summary>A process that this one started: what it prints, how it is stopped, when it ended.</summary>
/// <remarks>Its standard input is a pipe from us that closes when we end, however we end: that is how it can tell.</remarks>
internal sealed class ChildProcess : IAsyncDisposable
{
    private const int SigTerm = 15;

    private readonly Process process;

    private ChildProcess(Process process, PrintedLines printed)
    {
        this.process = process;
        Printed = printed;
        Id = process.Id;
        Ended = WaitForEnd();
    }

    public int Id { get; }

    /// <summary>Its exit code, once it has ended and all that it printed was read.</summary>
    public Task<int> Ended { get; }

    public PrintedLines Printed { get; }

    /// <param name="start">What to start; its streams are redirected here.</param>
    /// <param name="onLine">Told each line of both streams, one at a time; or null.</param>
    /// <param name="missing">What to say if there is no such program.</param>
    /// <exception cref="CannotStartException">There is no such program.</exception>
    public static ChildProcess Start(ProcessStartInfo start, Action<string>? onLine, string missing)
    {
        start.UseShellExecute = false;
        start.RedirectStandardInput = true;
        start.RedirectStandardOutput = true;
        start.RedirectStandardError = true;
        var printed = new PrintedLines();
        var oneAtATime = new Lock();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += Take;
        process.ErrorDataReceived += Take;
        try
        {
            process.Start();
        }
        catch (Win32Exception e)
        {
            process.Dispose();
            throw new CannotStartException(missing, e);
        }

        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new ChildProcess(process, printed);

        void Take(object sender, DataReceivedEventArgs line)
        {
            if (line.Data is not { } text) return;
            lock (oneAtATime)
            {
                printed.Add(text);
                onLine?.Invoke(text);
            }
        }
    }

    /// <summary>Tells it that nobody needs it any more. What it does then is its own affair.</summary>
    public void CloseInput() => process.StandardInput.Close();

    /// <summary>Asks it to end: by SIGTERM, or on Windows, which has no such thing, by closing its standard input.</summary>
    public void Terminate()
    {
        if (Ended.IsCompleted) return;
        if (OperatingSystem.IsWindows()) CloseInput();
        else _ = SendSignal(Id, SigTerm);
    }

    /// <summary>Ends it at once, without its doing anything about it.</summary>
    public void Kill()
    {
        if (!Ended.IsCompleted) process.Kill(entireProcessTree: true);
    }

    /// <summary>Its exit code; one that has not ended within the limit is killed.</summary>
    public async Task<int> EndWithin(TimeSpan limit)
    {
        try
        {
            return await Ended.WaitAsync(limit);
        }
        catch (TimeoutException)
        {
            Kill();
            return await Ended;
        }
    }

    /// <summary>Kills it if it still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await Ended;
        process.Dispose();
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
