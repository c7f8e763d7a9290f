namespace Pipeline.Hooks;

/// <summary>Has the storage account tell the app of dropped files.</summary>
internal static class ConnectEvents
{
    /// <summary>A host that has just started may not have the key yet that the subscription needs, or not answer its validation.</summary>
    private const int TriesMax = 5;

    /// <exception cref="HookFailedException">It could not be deployed.</exception>
    public static async Task Run(Deployment deployment, CancellationToken cancel)
    {
        // The key is read within the deployment: it is no argument, and in no log.
        string[] arguments =
        [
            "deployment", "group", "create", "--subscription", deployment.Subscription, "--resource-group", deployment.ResourceGroup,
            "--name", "pipeline-events", "--template-file", Repository.PathTo("infra", "events.bicep"),
            "--parameters", $"appName={deployment.App}", $"topicName={deployment.Topic}", "--output", "none",
        ];
        for (var i = 0; i < TriesMax; i++)
        {
            if (i > 0) await Task.Delay(deployment.Pause, cancel);
            if (await Command.Run("az", arguments, cancel) != 0) continue;
            Console.WriteLine("Dropped files are announced to the app.");
            return;
        }

        throw new HookFailedException(
            "The event subscription could not be made: see above. Is 'az' signed in ('az login')? Then run 'azd deploy' again.");
    }
}
