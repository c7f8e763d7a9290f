using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Local.Up;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Infra;

/// <summary>The Bicep compiler itself, on the files of <c>infra/</c>. It needs no network, for they use no registry.</summary>
internal static class Bicep
{
    private static readonly ConcurrentDictionary<string, Lazy<Task<JsonElement>>> Compiled = new();

    /// <summary>All Bicep files, by name.</summary>
    public static IReadOnlyList<string> Files { get; } =
        [.. Directory.GetFiles(Checkout.PathTo("infra"), "*.bicep").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    /// <summary>What ARM gets of a file. Compiled once in a run; a warning is a failure.</summary>
    public static Task<JsonElement> Build(string file) => Compiled.GetOrAdd(file, name => new(async () =>
    {
        var (output, errors) = await Run("build", Checkout.PathTo("infra", name), "--stdout");
        Assert.That(errors, Is.Empty);
        return JsonElement.Parse(output);
    })).Value;

    /// <summary>A file as the compiler's formatter would write it.</summary>
    public static async Task<string> Format(string file) => (await Run("format", Checkout.PathTo("infra", file), "--stdout")).Output;

    /// <summary>The resources that a deployment would make, with all that is known before it begins.</summary>
    /// <param name="file">The file that is deployed.</param>
    /// <param name="parameters">Its parameters, as Bicep has them: <c>name = 'value'</c>.</param>
    public static async Task<Deployment> Predict(string file, params string[] parameters)
    {
        var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "infra-" + Guid.NewGuid().ToString("N")));
        var template = Path.GetRelativePath(folder.FullName, Checkout.PathTo("infra", file)).Replace('\\', '/');
        var given = parameters.Select(parameter => "param " + parameter).Prepend($"using '{template}'");
        var path = Path.Combine(folder.FullName, "given.bicepparam");
        await File.WriteAllLinesAsync(path, given);

        var nobody = Guid.Empty.ToString();
        var group = file == "main.bicep" ? Array.Empty<string>() : ["--resource-group", "rg-trial"];
        await Run(
            [
                "snapshot", path, "--mode", "overwrite", "--subscription-id", nobody, "--tenant-id", nobody, "--location", "westeurope",
                .. group,
            ]);
        var snapshot = JsonElement.Parse(await File.ReadAllTextAsync(Path.ChangeExtension(path, "snapshot.json")));
        folder.Delete(recursive: true);
        Assert.That(snapshot.GetProperty("diagnostics").EnumerateArray(), Is.Empty);
        return new Deployment([.. snapshot.GetProperty("predictedResources").EnumerateArray().Select(json => new Resource(json))]);
    }

    private static async Task<(string Output, string Errors)> Run(params string[] arguments)
    {
        var start = new ProcessStartInfo(Program(), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.That(process.ExitCode, Is.Zero, await errors);
        return (output, await errors);
    }

    private static string Program()
    {
        var folder = typeof(Bicep).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .SingleOrDefault(metadata => metadata.Key == "BicepFolder")?.Value;
        if (folder is null)
        {
            if (!Programs.OnPath("bicep")) Assert.Ignore("The Bicep compiler is neither packaged for this machine nor on its PATH.");
            return "bicep";
        }

        var program = Path.Combine(folder, OperatingSystem.IsWindows() ? "bicep.exe" : "bicep");
        if (!OperatingSystem.IsWindows() && !File.GetUnixFileMode(program).HasFlag(UnixFileMode.UserExecute))
            File.SetUnixFileMode(program, File.GetUnixFileMode(program) | UnixFileMode.UserExecute);
        return program;
    }
}
