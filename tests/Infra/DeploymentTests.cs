using System.Reflection;
using System.Text.Json;
using Local.Up;
using Pipeline.Manifests;
using Pipeline.Storage;

namespace Pipeline.Tests.Infra;

/// <summary>What a deployment would make, held against the app.</summary>
public sealed class DeploymentTests
{
    private const string StorageAccounts = "Microsoft.Storage/storageAccounts";

    private static readonly string[] Required = ["environmentName = 'trial'", "location = 'westeurope'", "imageApiKey = 'key'"];

    private Deployment usual = null!;
    private Deployment hidden = null!;

    [OneTimeSetUp]
    public async Task Predict()
    {
        usual = await Bicep.Predict("main.bicep", Required);
        hidden = await Bicep.Predict(
            "main.bicep",
            [
                .. Required, "vnetEnabled = true", "budgetAmount = 50", "budgetFirstMonth = '2026-12-01'", "outputsDays = 400",
                "checkpointKey = 'a secret of thirty-two characters'",
            ]);
    }

    [Test]
    public void The_settings_are_those_of_the_sample_with_their_defaults()
    {
        var sampled = Sample();
        var runtime = usual.The("Microsoft.Web/sites").At("properties.functionAppConfig.runtime.name");
        var settings = usual.Settings();

        Assert.That(runtime, Is.EqualTo(sampled["FUNCTIONS_WORKER_RUNTIME"]));
        Assert.That(settings, Does.Not.ContainKey("FUNCTIONS_WORKER_RUNTIME").And.Not.ContainKey("AzureWebJobsStorage"));
        Assert.That(
            settings.Keys.Where(name => name.StartsWith("AzureWebJobsStorage", StringComparison.Ordinal))
                .Select(name => name.Split("__")[1]),
            Is.EquivalentTo(new[] { "accountName", "credential", "clientId" }));

        // Of a machine of one's own, or a secret.
        Assert.That(settings["Outgoing__AllowLoopback"], Is.EqualTo("false"));
        Assert.That(settings["ImageApi__Key"], Does.Contain("@Microsoft.KeyVault(SecretUri="));
        Assert.That(settings["Audit__CheckpointKey"], Is.Empty);
        Assert.That(hidden.Settings()["Audit__CheckpointKey"], Does.Contain("checkpoint-key"));
        string[] others =
            ["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage", "Outgoing__AllowLoopback", "ImageApi__Key", "Audit__CheckpointKey"];
        var own = settings.Where(setting => setting.Key.Contains("__", StringComparison.Ordinal)
            && !setting.Key.StartsWith("AzureWebJobs", StringComparison.Ordinal) && !others.Contains(setting.Key));
        Assert.That(own, Is.EquivalentTo(sampled.Where(setting => !others.Contains(setting.Key))));
    }

    [Test]
    public async Task An_operators_settings_replace_the_defaults_and_are_added_to_them()
    {
        var changed = (await Bicep.Predict(
            "main.bicep", [.. Required, "settings = { Jobs__AttemptsMax: '3', OTEL_SERVICE_NAME: 'pictures' }"])).Settings();

        Assert.That(changed["Jobs__AttemptsMax"], Is.EqualTo("3"));
        Assert.That(changed["OTEL_SERVICE_NAME"], Is.EqualTo("pictures"));
        Assert.That(changed, Has.Count.EqualTo(usual.Settings().Count + 1));
    }

    [Test]
    public void Storage_has_what_the_app_names()
    {
        string[] containers = [StorageNames.ManifestsContainer, StorageNames.OutputsContainer, StorageNames.ReferencesContainer];

        Assert.That(usual.Names(StorageAccounts + "/blobServices/containers"), Is.EquivalentTo(containers.Append("app-package")));
        Assert.That(
            usual.Names(StorageAccounts + "/queueServices/queues"),
            Is.EquivalentTo(StorageNames.Queues.Concat(StorageNames.Queues.Select(StorageNames.PoisonOf))));
        Assert.That(
            usual.Names(StorageAccounts + "/tableServices/tables"),
            Is.EquivalentTo(new[] { StorageNames.LedgerTable, StorageNames.AccountsTable, StorageNames.PoisonTable }));
    }

    [Test]
    public void Storage_knows_no_keys_and_no_public_blobs()
    {
        var account = usual.The(StorageAccounts);

        Assert.That(account.At("properties.allowSharedKeyAccess"), Is.EqualTo("False"));
        Assert.That(account.At("properties.allowBlobPublicAccess"), Is.EqualTo("False"));
        Assert.That(account.At("properties.defaultToOAuthAuthentication"), Is.EqualTo("True"));
        Assert.That(account.At("properties.supportsHttpsTrafficOnly"), Is.EqualTo("True"));
        Assert.That(account.At("properties.minimumTlsVersion"), Is.EqualTo("TLS1_2"));
        Assert.That(
            usual.Of(StorageAccounts + "/blobServices/containers").Select(container => container.At("properties.publicAccess")),
            Is.All.EqualTo("None"));
    }

    [Test]
    public void Nothing_is_deleted_by_age_unless_the_operator_says_so()
    {
        string[] never = ["outputs False 1", "reports False 1", "references False 1", "manifests False 1"];
        Assert.That(Rules(usual), Is.EquivalentTo(never));
        Assert.That(Rules(hidden), Does.Contain("outputs True 400"));

        static IEnumerable<string> Rules(Deployment deployment) =>
            deployment.The(StorageAccounts + "/managementPolicies").Element("properties.policy.rules").EnumerateArray()
                .Select(json => new Resource(json))
                .Select(rule => $"{rule.Name} {rule.At("enabled")} "
                    + rule.At("definition.actions.baseBlob.delete.daysAfterModificationGreaterThan"));
    }

    [Test]
    public void Reports_are_told_from_pictures_by_their_tag()
    {
        var rules = usual.The(StorageAccounts + "/managementPolicies").Element("properties.policy.rules").EnumerateArray()
            .Where(rule => rule.GetProperty("definition").GetProperty("filters").TryGetProperty("blobIndexMatch", out _))
            .Select(json => new Resource(json)).ToList();

        Assert.That(rules.Select(rule => rule.Name), Is.EqualTo(new[] { "reports" }));
        var tag = ManifestBlobs.ReportTags.Single();
        Assert.That(
            rules[0].Element("definition.filters.blobIndexMatch").EnumerateArray().Select(match =>
                $"{match.GetProperty("name")} {match.GetProperty("op")} {match.GetProperty("value")}"),
            Is.EqualTo(new[] { $"{tag.Key} == {tag.Value}" }));
    }

    [Test]
    public void Who_gets_in_comes_with_a_token_over_TLS()
    {
        var app = usual.The("Microsoft.Web/sites");

        Assert.That(app.At("kind"), Is.EqualTo("functionapp,linux"));
        Assert.That(app.At("properties.httpsOnly"), Is.EqualTo("True"));
        Assert.That(app.At("properties.siteConfig.minTlsVersion"), Is.EqualTo("1.2"));
        Assert.That(app.At("properties.siteConfig.ftpsState"), Is.EqualTo("Disabled"));
        Assert.That(
            usual.Of("Microsoft.Web/sites/basicPublishingCredentialsPolicies").Select(policy => policy.At("properties.allow")),
            Is.EqualTo(new[] { "False", "False" }));
        Assert.That(usual.The("Microsoft.Insights/components").At("properties.DisableLocalAuth"), Is.EqualTo("True"));
        var vault = usual.The("Microsoft.KeyVault/vaults");
        Assert.That(vault.At("properties.enableRbacAuthorization"), Is.EqualTo("True"));
        Assert.That(vault.At("properties.enablePurgeProtection"), Is.EqualTo("True"));
    }

    [Test]
    public void The_app_runs_on_the_version_of_NET_that_it_is_built_for()
    {
        var built = typeof(Settings).Assembly.GetCustomAttribute<System.Runtime.Versioning.TargetFrameworkAttribute>()!.FrameworkName;
        var app = usual.The("Microsoft.Web/sites");

        Assert.That(built, Does.EndWith("v" + app.At("properties.functionAppConfig.runtime.version")));
        Assert.That(usual.The("Microsoft.Web/serverfarms").At("sku.name"), Is.EqualTo("FC1"));
    }

    [Test]
    public void Azd_finds_the_app_by_the_name_of_its_service() => Assert.That(
        File.ReadAllText(Checkout.PathTo("azure.yaml")),
        Does.Contain($"\nservices:\n  {usual.The("Microsoft.Web/sites").At("tags.azd-service-name")}:\n"));

    [Test]
    public void A_private_deployment_is_reached_through_its_network_alone()
    {
        string[] services = [StorageAccounts, "Microsoft.KeyVault/vaults"];
        foreach (var service in services)
        {
            Assert.That(usual.The(service).At("properties.publicNetworkAccess"), Is.EqualTo("Enabled"));
            Assert.That(hidden.The(service).At("properties.publicNetworkAccess"), Is.EqualTo("Disabled"));
            Assert.That(hidden.The(service).At("properties.networkAcls.defaultAction"), Is.EqualTo("Deny"));
        }

        Assert.That(
            hidden.Of("Microsoft.Network/privateEndpoints")
                .Select(endpoint => endpoint.Element("properties.privateLinkServiceConnections")[0].GetProperty("name").GetString()),
            Is.EquivalentTo(new[] { "blob", "queue", "table", "vault" }));
        Assert.That(hidden.Settings()["ImageApi__References"], Is.EqualTo("inline"));
        Assert.That(usual.Resources.Where(resource => resource.Type.StartsWith("Microsoft.Network/", StringComparison.Ordinal)), Is.Empty);
    }

    [Test]
    public void A_budget_is_there_only_if_there_is_one()
    {
        Assert.That(usual.Of("Microsoft.Consumption/budgets"), Is.Empty);
        Assert.That(hidden.The("Microsoft.Consumption/budgets").At("properties.amount"), Is.EqualTo("50"));
    }

    private static Dictionary<string, string> Sample() =>
        JsonElement.Parse(File.ReadAllText(Checkout.PathTo("local.settings.sample.json"))).GetProperty("Values").EnumerateObject()
            .ToDictionary(setting => setting.Name, setting => setting.Value.GetString()!);
}
