namespace Pipeline.Hooks;

/// <summary>Publishes the app for Azure into the folder that azd deploys, and refuses what cannot run there.</summary>
internal static class MakePackage
{
    /// <summary>What the Functions host looks for, and what only Microsoft's packages bring.</summary>
    private static readonly string[] Needed =
        ["host.json", "worker.config.json", "functions.metadata", ".azurefunctions", "Microsoft.Azure.Functions.Worker.Core.dll"];

    /// <summary>The stand-in for one machine, and the settings of one machine, with its keys.</summary>
    private static readonly string[] Unwanted = ["Local.FunctionsWorker.dll", "local.settings.json"];

    public static async Task Run(CancellationToken cancel)
    {
        // Needed after the deployment; that it is missing is better known before anything is made.
        await Command.Read("az", ["version", "--output", "none"], cancel);

        var folder = Repository.PathTo("functions", "bin-azure", "package");
        // What an earlier version had would be deployed along.
        if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);

        string[] publish =
            ["publish", Repository.PathTo("functions"), "--configuration", "Release", "-p:AzureBuild=true", "--output", folder];
        if (await Command.Run(Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet", publish, cancel) != 0)
            throw new HookFailedException("The app could not be published: see above.");

        var missing = Needed.Where(name => !Path.Exists(Path.Combine(folder, name))).ToList();
        if (missing.Count > 0) throw new HookFailedException($"{folder} lacks {string.Join(", ", missing)}: it cannot run on Azure.");
        var unwanted = Unwanted.Where(name => Path.Exists(Path.Combine(folder, name))).ToList();
        if (unwanted.Count > 0) throw new HookFailedException($"{folder} has {string.Join(", ", unwanted)}, which must not be deployed.");
    }
}
