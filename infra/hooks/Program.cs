using System.Text;
using Pipeline.Hooks;

// Elsewhere it is UTF-8 anyway.
if (OperatingSystem.IsWindows()) Console.OutputEncoding = Encoding.UTF8;

using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    switch (args)
    {
        case ["package"]:
            await MakePackage.Run(stop.Token);
            return 0;
        case ["after-deploy"]:
            await AfterDeploy.Run(Deployment.FromEnvironment(), stop.Token);
            return 0;
        default:
            Console.Error.WriteLine("Expected 'package' or 'after-deploy': azure.yaml runs them.");
            return 2;
    }
}
catch (HookFailedException e)
{
    Console.Error.WriteLine(e.Message);
    return 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 1;
}
