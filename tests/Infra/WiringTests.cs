using System.Text.Json;

namespace Pipeline.Tests.Infra;

/// <summary>What compiles whatever stands there, and would show only in Azure.</summary>
public sealed class WiringTests
{
    private const string Blobs = "Microsoft.Storage/storageAccounts/blobServices";

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
                .. Required, "vnetEnabled = true", "budgetAmount = 50", "budgetFirstMonth = '2026-12-01'", "softDeleteDays = 0",
                "logDailyGb = 0", "alertEmail = 'me@example.com'", "outputsDays = 4", "reportsDays = 3", "referencesDays = 2",
                "manifestsDays = 1",
            ]);
    }

    [Test]
    public void The_app_acts_as_its_own_identity_everywhere()
    {
        var app = usual.The("Microsoft.Web/sites");
        var settings = usual.Settings();

        Assert.That(app.At("identity.type"), Is.EqualTo("UserAssigned"));
        var identity = app.At("properties.keyVaultReferenceIdentity")!;
        Assert.That(identity, Does.Contain("'identity-{0}'").And.Contain("outputs.id.value"));
        var assigned = app.Element("identity.userAssignedIdentities").EnumerateObject().Single().Name;
        Assert.That(assigned, Is.EqualTo($"[format('{{0}}', {identity[1..^1]})]"));
        var package = app.Element("properties.functionAppConfig.deployment.storage.authentication");
        Assert.That(package.GetProperty("type").GetString(), Is.EqualTo("UserAssignedIdentity"));
        Assert.That(package.GetProperty("userAssignedIdentityResourceId").GetString(), Is.EqualTo(identity));
        Assert.That(settings["AzureWebJobsStorage__credential"], Is.EqualTo("managedidentity"));
        Assert.That(settings["AzureWebJobsStorage__clientId"], Does.Contain("clientId"));
        Assert.That(
            settings["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"],
            Does.Contain("ClientId=").And.Contain("clientId").And.Contain("Authorization=AAD"));
    }

    [Test]
    public void The_app_is_not_created_before_its_roles_are_there()
    {
        var roles = Bicep.Build("main.bicep").Result.GetProperty("resources").GetProperty("app").GetProperty("dependsOn");

        Assert.That(roles.EnumerateArray().Select(on => on.GetString()), Does.Contain("roles"));
    }

    [Test]
    public void No_browser_of_another_site_is_let_in() =>
        Assert.That(usual.The("Microsoft.Web/sites").Json.GetRawText(), Does.Not.Contain("cors").IgnoreCase);

    [Test]
    public void A_private_app_calls_out_from_its_network_to_each_endpoint_by_its_name()
    {
        var subnet = hidden.The("Microsoft.Web/sites").At("properties.virtualNetworkSubnetId");
        Assert.That(subnet, Does.Contain("'network-{0}'").And.Contain("'subnetId'"));
        var groups = hidden.Of("Microsoft.Network/privateEndpoints")
            .Select(endpoint => endpoint.Element("properties.privateLinkServiceConnections")[0])
            .Select(link => $"{link.GetProperty("name")} {link.GetProperty("properties").GetProperty("groupIds")[0]}");
        Assert.That(groups, Is.EquivalentTo(new[] { "blob blob", "queue queue", "table table", "vault vault" }));
        string[] zones =
        [
            .. new[] { "blob", "queue", "table" }.Select(name => $"[format('privatelink.{name}.{{0}}', environment().suffixes.storage)]"),
            "privatelink.vaultcore.azure.net",
        ];
        Assert.That(hidden.Of("Microsoft.Network/privateDnsZones").Select(zone => zone.Name), Is.EquivalentTo(zones));
    }

    [Test]
    public void Each_age_deletes_what_it_is_of()
    {
        var rules = hidden.The("Microsoft.Storage/storageAccounts/managementPolicies").Element("properties.policy.rules").EnumerateArray()
            .Select(json => new Resource(json))
            .Select(rule => $"{rule.Name} {rule.Element("definition.filters.prefixMatch")[0]} "
                + rule.At("definition.actions.baseBlob.delete.daysAfterModificationGreaterThan"));

        string[] expected = ["outputs outputs/ 4", "reports outputs/ 3", "references references/ 2", "manifests manifests/ 1"];
        Assert.That(rules, Is.EquivalentTo(expected));
    }

    [Test]
    public void Deleted_blobs_come_back_unless_the_operator_says_no()
    {
        Assert.That(usual.The(Blobs).At("properties.deleteRetentionPolicy.enabled"), Is.EqualTo("True"));
        Assert.That(usual.The(Blobs).At("properties.deleteRetentionPolicy.days"), Is.EqualTo("7"));
        Assert.That(usual.The(Blobs).At("properties.containerDeleteRetentionPolicy.enabled"), Is.EqualTo("True"));
        Assert.That(hidden.The(Blobs).At("properties.deleteRetentionPolicy.enabled"), Is.EqualTo("False"));
        Assert.That(
            usual.The("Microsoft.Storage/storageAccounts").At("properties.allowCrossTenantReplication"), Is.EqualTo("False"));
    }

    [Test]
    public void Each_alert_is_on_and_tells_the_operators()
    {
        var alerts = hidden.Of("Microsoft.Insights/scheduledQueryRules").ToList();
        var operators = hidden.The("Microsoft.Insights/actionGroups");

        Assert.That(alerts, Has.Count.EqualTo(10));
        foreach (var alert in alerts)
        {
            var criterion = alert.Element("properties.criteria.allOf")[0];
            Assert.That(alert.At("properties.enabled"), Is.EqualTo("True"), alert.Name);
            Assert.That(criterion.GetProperty("operator").GetString(), Is.EqualTo("GreaterThan"), alert.Name);
            Assert.That(alert.Element("properties.actions.actionGroups")[0].GetString(), Is.EqualTo(operators.Id), alert.Name);
        }

        Assert.That(operators.At("properties.enabled"), Is.EqualTo("True"));
        var mailed = operators.Element("properties.emailReceivers")[0].GetProperty("emailAddress").GetString();
        Assert.That(mailed, Is.EqualTo("me@example.com"));
    }

    [TestCase("-credits", "Properties.result == 'wrong'")]
    [TestCase("-unread", "Properties.result == 'unread'")]
    public void The_audits_alerts_tell_books_that_are_wrong_from_books_that_were_not_read(string name, string asked)
    {
        var alert = usual.Of("Microsoft.Insights/scheduledQueryRules").Single(rule => rule.Name.EndsWith(name, StringComparison.Ordinal));

        Assert.That(alert.Element("properties.criteria.allOf")[0].GetProperty("query").GetString(), Does.Contain(asked));
    }

    /// <summary>A day's quiet is seen only by who looks at more than a day, and seldom enough to be told of once.</summary>
    [Test]
    public void Only_the_alert_of_a_night_that_did_not_come_looks_at_two_days()
    {
        var looks = usual.Of("Microsoft.Insights/scheduledQueryRules").ToLookup(
            rule => (rule.At("properties.windowSize"), rule.At("properties.evaluationFrequency")),
            rule => rule.Name.Split('-')[^1]);

        Assert.That(looks[("P2D", "PT6H")], Is.EqualTo(new[] { "unaudited" }));
        Assert.That(looks[("PT30M", "PT15M")].Count(), Is.EqualTo(9));
    }

    [Test]
    public void Logs_are_written_by_identity_and_no_more_of_them_than_is_meant()
    {
        const string Workspaces = "Microsoft.OperationalInsights/workspaces";

        Assert.That(usual.The(Workspaces).At("properties.features.disableLocalAuth"), Is.EqualTo("True"));
        Assert.That(usual.The(Workspaces).At("properties.workspaceCapping.dailyQuotaGb"), Is.EqualTo("5"));
        Assert.That(hidden.The(Workspaces).At("properties.workspaceCapping.dailyQuotaGb"), Is.EqualTo("-1"));
    }

    [Test]
    public void A_budget_tells_of_what_is_spent_and_of_what_will_be()
    {
        var told = hidden.The("Microsoft.Consumption/budgets").Element("properties.notifications").EnumerateObject()
            .Select(one => $"{one.Name} {one.Value.GetProperty("enabled")} {one.Value.GetProperty("threshold")}");

        Assert.That(told, Is.EquivalentTo(new[] { "spent True 80", "forecast True 100" }));
    }

    [Test]
    public async Task Files_that_are_dropped_are_told_of_with_a_key_that_may_have_any_letters()
    {
        var topic = await Bicep.Predict("events.bicep", "appName = 'func'", "topicName = 'evgt'");
        var subscription = topic.Resources.Single();

        Assert.That(
            JsonSerializer.Serialize(subscription.Element("properties.filter.includedEventTypes")),
            Is.EqualTo("""["Microsoft.Storage.BlobCreated"]"""));
        Assert.That(subscription.At("properties.destination.properties.endpointUrl"), Does.Contain("uriComponent("));
    }
}
