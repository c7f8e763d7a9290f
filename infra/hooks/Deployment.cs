using System.Globalization;

namespace Pipeline.Hooks;

/// <summary>What was deployed, and where: azd hands the outputs of main.bicep to its hooks as environment variables.</summary>
/// <param name="Subscription">Its Azure subscription.</param>
/// <param name="ResourceGroup">Its resource group.</param>
/// <param name="App">The function app's name.</param>
/// <param name="Topic">The system topic that tells of dropped files.</param>
/// <param name="Url">Where callers find the app.</param>
/// <param name="FirstAccount">The id of the account that is opened; empty for none.</param>
/// <param name="FirstCredits">The credits that it begins with.</param>
/// <param name="Pause">How long to wait before what did not work is tried again.</param>
internal sealed record Deployment(
    string Subscription, string ResourceGroup, string App, string Topic, Uri Url, string FirstAccount, long FirstCredits, TimeSpan Pause)
{
    /// <summary>With the usual pause, ten minutes: so long it may take until new roles are known everywhere.</summary>
    public const int TriesMax = 40;

    private const string None = "none";

    /// <exception cref="HookFailedException">A variable is missing or malformed.</exception>
    public static Deployment FromEnvironment()
    {
        var account = Given("FIRST_ACCOUNT") ?? "studio";
        return new Deployment(
            Required("AZURE_SUBSCRIPTION_ID"), Required("AZURE_RESOURCE_GROUP"), Required("PIPELINE_APP"), Required("PIPELINE_TOPIC"),
            Address("PIPELINE_URL"),
            account == None ? "" : account,
            Whole("FIRST_ACCOUNT_CREDITS", 1000),
            TimeSpan.FromMilliseconds(Whole("HOOK_PAUSE_MS", 15_000)));
    }

    private static string Required(string name) => Given(name)
        ?? throw new HookFailedException(
            $"{name} is missing: after 'azd provision', azd hands it to its hooks: 'azd hooks run postdeploy'.");

    private static Uri Address(string name) =>
        Uri.TryCreate(Required(name).TrimEnd('/') + '/', UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || url.IsLoopback)
            ? url
            : throw new HookFailedException($"{name} must be the app's address, https://…, not '{Given(name)}'.");

    private static long Whole(string name, long otherwise) => Given(name) is not { } text ? otherwise
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value
        : throw new HookFailedException($"{name} must be a whole number, not '{text}'.");

    private static string? Given(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
