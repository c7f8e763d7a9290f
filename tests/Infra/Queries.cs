using System.Text.Json;
using System.Text.RegularExpressions;
using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>What is asked of the workspace.</summary>
internal static class Queries
{
    /// <summary>The alert rules.</summary>
    public static async Task<List<Resource>> Rules() => [.. (await Bicep.Predict(
        "alerts.bicep", "title = 'Pipeline'", "location = 'westeurope'", "tags = {}", "workspaceId = 'workspace'", "email = ''",
        "allowed = {}")).Of("Microsoft.Insights/scheduledQueryRules")];

    /// <summary>The queries of alerts and dashboard.</summary>
    public static async Task<List<string>> All() =>
        [.. (await Rules()).Select(rule => rule.Element("properties.criteria.allOf")[0].GetProperty("query").GetString()!), .. Dashboard()];

    /// <summary>Those that docs/azure.md has for a person. The portal runs what stands between blank lines.</summary>
    public static List<string> Documented() =>
        [.. File.ReadAllText(Checkout.PathTo("docs", "azure.md")).Split("```kusto\n")[1..]
            .SelectMany(block => Regex.Split(block[..block.IndexOf("```", StringComparison.Ordinal)], @"\n\n"))
            .Select(query => Regex.Replace(query, "^//.*$", "", RegexOptions.Multiline).Trim()).Where(query => query.Length > 0)];

    /// <summary>Those of the dashboard, as the portal fills them in.</summary>
    private static IEnumerable<string> Dashboard() =>
        JsonElement.Parse(File.ReadAllText(Checkout.PathTo("infra", "dashboard.workbook.json"))).GetProperty("items").EnumerateArray()
            .Select(item => item.GetProperty("content")).Where(content => content.TryGetProperty("query", out _))
            .Select(content => content.GetProperty("query").GetString()!.Replace("{Time:grain}", "5m", StringComparison.Ordinal));
}
