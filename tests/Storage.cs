using Local.Up;

namespace Pipeline.Tests;

/// <summary>The Azurite of this test run: started once, in memory, with a storage account for each fixture that asks.</summary>
/// <remarks>Fixtures share the process but no account, so they run in parallel and need no prefix in any name.</remarks>
[SetUpFixture]
public sealed class Storage
{
    /// <summary>More than there are fixtures; an account costs nothing until it is used.</summary>
    private const int AccountsMax = 600;

    private static Azurite? azurite;
    private static int accountsTaken;

    /// <summary>The connection string of a storage account that nobody else has.</summary>
    public static string NewAccount()
    {
        var number = Interlocked.Increment(ref accountsTaken);
        if (number > AccountsMax) throw new InvalidOperationException($"More than {AccountsMax} storage accounts: raise AccountsMax.");
        return azurite!.ConnectionString(Name(number));
    }

    /// <summary>Where Azurite is installed; on a fresh checkout it is installed first.</summary>
    internal static Task<string> Modules() =>
        AzuriteInstall.Ensure(Checkout.PathTo("local", "up"), TestContext.Progress.WriteLine, CancellationToken.None);

    [OneTimeSetUp]
    public async Task Start()
    {
        var modules = await Modules();
        var accounts = Enumerable.Range(1, AccountsMax).Select(Name).ToList();
        azurite = await Azurite.Start(modules, FreePorts.Find(3), data: null, accounts, CancellationToken.None);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (azurite is not null) await azurite.DisposeAsync();
    }

    private static string Name(int number) => $"test{number:D3}";
}
