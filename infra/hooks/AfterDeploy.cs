namespace Pipeline.Hooks;

/// <summary>What a deployment still lacks when its code is there. Safe to repeat: it runs after each 'azd deploy'.</summary>
internal static class AfterDeploy
{
    public static async Task Run(Deployment deployment, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = deployment.Url, Timeout = TimeSpan.FromSeconds(10) };

        // The host makes its keys when it first starts, and a validation of the event subscription calls it.
        await WaitForApp.Run(http, deployment, cancel);
        // A crash after this leaves an app without an account; the next run finds the subscription as it should be.
        await ConnectEvents.Run(deployment, cancel);
        if (deployment.FirstAccount.Length > 0) await OpenFirstAccount.Run(http, deployment, cancel);
    }
}
