using System.Text.RegularExpressions;

namespace Pipeline.Tests.Infra;

/// <summary>What the app's identity may do, as Azure's built-in roles have it.</summary>
public sealed partial class RoleTests
{
    private const string Storage = "Microsoft.Storage/storageAccounts";
    private const string Secret = "Microsoft.KeyVault/vaults/secrets";

    /// <summary>The roles by their names, and what each is given for: a thing, not the resource group.</summary>
    private static readonly Dictionary<string, (string Name, string Scope)> Roles = new()
    {
        ["b7e6dc6d-f1e8-4753-8033-0f276bb0955b"] = ("Storage Blob Data Owner", Storage),
        ["974c5e8b-45b9-4653-ba55-5f855dd0fb88"] = ("Storage Queue Data Contributor", Storage),
        ["0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3"] = ("Storage Table Data Contributor", Storage),
        ["3913510d-42f4-4e42-8a64-420c390055eb"] = ("Monitoring Metrics Publisher", "Microsoft.Insights/components"),
        ["4633458b-17de-408a-b874-0445c86b69e6"] = ("Key Vault Secrets User", Secret),
    };

    [TestCase(false)]
    [TestCase(true)]
    public async Task The_app_may_do_what_it_needs_and_no_more(bool hasCheckpointKey)
    {
        var deployment = await Bicep.Predict(
            "roles.bicep", "principalId = 'app'", "storageName = 'st'", "insightsName = 'appi'", "vaultName = 'kv'",
            $"hasCheckpointKey = {(hasCheckpointKey ? "true" : "false")}");
        var given = deployment.Resources.Select(assignment => (
            Role: Roles[assignment.At("properties.roleDefinitionId")!.Split('/')[^1]],
            Scope: string.Join('/', ScopeOf().Match(assignment.Id).Groups[1].Value.Split('/').Where((_, i) => i is 0 or 1 or 3))));

        Assert.That(deployment.Resources.Select(resource => resource.Type), Is.All.EqualTo("Microsoft.Authorization/roleAssignments"));
        Assert.That(given.Select(assignment => assignment.Scope), Is.EqualTo(given.Select(assignment => assignment.Role.Scope)));
        Assert.That(
            given.Select(assignment => assignment.Role.Name),
            Is.EquivalentTo(Roles.Values.Select(role => role.Name).Concat(hasCheckpointKey ? ["Key Vault Secrets User"] : [])));
    }

    [GeneratedRegex("/providers/(.+)/providers/Microsoft.Authorization/")]
    private static partial Regex ScopeOf();
}
