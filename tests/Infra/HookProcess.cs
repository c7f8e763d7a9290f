namespace Pipeline.Tests.Infra;

/// <summary>A hook as azd runs it, where <c>az</c> and <c>dotnet</c> are fakes that refuse what they do not expect.</summary>
internal sealed class HookProcess : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("pipeline-hook-");

    /// <summary>What azd knows of the deployment, and what the fakes are told.</summary>
    public Dictionary<string, string> Environment { get; } = new()
    {
        ["AZURE_SUBSCRIPTION_ID"] = "sub",
        ["AZURE_RESOURCE_GROUP"] = "rg-trial",
        ["PIPELINE_APP"] = "func-trial",
        ["PIPELINE_TOPIC"] = "evgt-trial",
        ["HOOK_PAUSE_MS"] = "50",
    };

    /// <summary>The calls of the fakes, a line for each.</summary>
    public string[] Calls => File.Exists(CallsFile) ? File.ReadAllLines(CallsFile) : [];

    private string CallsFile => Path.Combine(folder.FullName, "calls");

    /// <summary>Puts a fake on the PATH: a shell script, which sees <c>$CALLS</c>.</summary>
    /// <returns>Where it is.</returns>
    public string Fake(string program, string script)
    {
        if (OperatingSystem.IsWindows()) Assert.Ignore("The fakes are shell scripts.");
        var path = Path.Combine(folder.FullName, program);
        File.WriteAllText(path, $"#!/bin/sh\necho \"{program} $*\" >> \"$CALLS\"\n{script.ReplaceLineEndings("\n")}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return path;
    }

    /// <returns>Its exit code and all that it printed, of both streams.</returns>
    public Task<(int Code, string Printed)> Run(string hook) => BuiltProgram.Run(
        "hooks/Pipeline.Hooks", [hook],
        [
            .. Environment!,
            new("CALLS", CallsFile),
            new("PATH", folder.FullName + Path.PathSeparator + System.Environment.GetEnvironmentVariable("PATH")),
        ],
        folder.FullName);

    public void Dispose() => folder.Delete(recursive: true);
}
