using System.ComponentModel;
using System.Diagnostics;

namespace Pipeline.Hooks;

/// <summary>Another program, with its arguments as they are: no shell reads them, and none sees what is printed.</summary>
internal static class Command
{
    /// <summary>Runs it to its end; what it prints goes to the screen.</summary>
    /// <returns>Its exit code.</returns>
    public static async Task<int> Run(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        using var process = Start(program, arguments, read: false);
        await End(process, cancel);
        return process.ExitCode;
    }

    /// <summary>Runs it to its end and reads what it prints; its errors go to the screen.</summary>
    /// <exception cref="HookFailedException">It ended badly.</exception>
    public static async Task<string> Read(string program, IReadOnlyList<string> arguments, CancellationToken cancel)
    {
        using var process = Start(program, arguments, read: true);
        var printed = await process.StandardOutput.ReadToEndAsync(cancel);
        await End(process, cancel);
        return process.ExitCode == 0
            ? printed.Trim()
            : throw new HookFailedException($"{program} {string.Join(' ', arguments.Take(3))} ended with code {process.ExitCode}.");
    }

    private static Process Start(string program, IReadOnlyList<string> arguments, bool read)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(Find(program), arguments) { RedirectStandardOutput = read })!;
        }
        catch (Win32Exception)
        {
            throw new HookFailedException(
                $"{program} was not found: install it, or add its folder to PATH, and run the same azd command again.");
        }
    }

    private static async Task End(Process process, CancellationToken cancel)
    {
        try
        {
            await process.WaitForExitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    // Windows looks for .exe alone; the Azure CLI is a .cmd there.
    private static string Find(string program) => OperatingSystem.IsWindows()
        ? (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator)
            .Select(folder => Path.Combine(folder, program + ".cmd")).FirstOrDefault(File.Exists) ?? program
        : program;
}
