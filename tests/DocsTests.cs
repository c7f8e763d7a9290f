using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using Local.Up;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Audit;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;
using Pipeline.Webhooks;

namespace Pipeline.Tests;

/// <summary>The documents say what the code does: every setting and every route, and no other.</summary>
public sealed partial class DocsTests
{
    [Test]
    public void Every_setting_is_in_the_options_the_sample_and_the_docs()
    {
        string[] hosts = ["FUNCTIONS_WORKER_RUNTIME", "AzureWebJobsStorage"];
        var options = hosts.Concat(NamesOf<ImageApiOptions>("ImageApi"))
            .Concat(NamesOf<JobOptions>("Jobs")).Concat(NamesOf<HttpOptions>("Http"))
            .Concat(NamesOf<ManifestOptions>("Manifests")).Concat(NamesOf<WebhookOptions>("Webhooks"))
            .Concat(NamesOf<OutgoingOptions>("Outgoing")).Concat(NamesOf<AuditOptions>("Audit")).Concat(NamesOf<OutputOptions>("Outputs"));
        using var sample = JsonDocument.Parse(File.ReadAllText(Checkout.PathTo("local.settings.sample.json")));
        var sampled = sample.RootElement.GetProperty("Values").EnumerateObject().Select(setting => setting.Name);
        var section = Doc("operations.md").Split("\n## ").Single(part => part.StartsWith("Settings\n", StringComparison.Ordinal));
        var documented = SettingRow().Matches(section).Select(match => match.Groups[1].Value);

        Assert.That(sampled, Is.EquivalentTo(options));
        Assert.That(documented, Is.EquivalentTo(options));
    }

    [Test]
    public void The_samples_values_are_the_defaults()
    {
        using var sample = JsonDocument.Parse(File.ReadAllText(Checkout.PathTo("local.settings.sample.json")));
        var values = sample.RootElement.GetProperty("Values");

        Assert.Multiple(() =>
        {
            AreDefaults(new JobOptions(), "Jobs", values);
            AreDefaults(new ManifestOptions(), "Manifests", values);
            AreDefaults(new WebhookOptions(), "Webhooks", values);
            AreDefaults(new HttpOptions(), "Http", values);
            AreDefaults(new OutputOptions(), "Outputs", values);
        });
    }

    [Test]
    public void Every_route_is_in_the_docs_and_every_documented_route_is_there()
    {
        var routes = typeof(Settings).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .Where(method => method.GetCustomAttribute<FunctionAttribute>() is not null)
            .Select(method => method.GetParameters()[0].GetCustomAttribute<HttpTriggerAttribute>())
            .OfType<HttpTriggerAttribute>()
            .Where(trigger => trigger.Route != "v1/{*path}")
            .Select(trigger => $"{trigger.Methods!.Single().ToUpperInvariant()} /{Constraint().Replace(trigger.Route!, "}")}");
        var documented = RouteRow().Matches(Doc("api.md")).Select(match => match.Groups[1].Value);

        Assert.That(documented, Is.EquivalentTo(routes));
    }

    [Test]
    public void Every_link_of_the_documents_leads_somewhere()
    {
        var documents = Directory.GetFiles(Checkout.PathTo("docs"), "*.md")
            .Append(Checkout.PathTo("README.md")).Append(Checkout.PathTo("infra", "README.md"));
        var broken = documents.SelectMany(document => Link().Matches(File.ReadAllText(document))
            .Select(match => match.Groups[1].Value)
            .Where(target => !target.Contains("://", StringComparison.Ordinal))
            .Where(target => !Path.Exists(Path.Combine(Path.GetDirectoryName(document)!, target)))
            .Select(target => $"{Path.GetFileName(document)}: {target}"));

        Assert.That(broken, Is.Empty);
    }

    private static void AreDefaults(object options, string section, JsonElement sampled)
    {
        foreach (var property in options.GetType().GetProperties())
        {
            var sample = sampled.GetProperty($"{section}__{property.Name}").GetString();
            Assert.That(sample, Is.EqualTo($"{property.GetValue(options)}").IgnoreCase, property.Name);
        }
    }

    private static IEnumerable<string> NamesOf<T>(string section) =>
        typeof(T).GetProperties().Select(property => $"{section}__{property.Name}");

    private static string Doc(string name) => File.ReadAllText(Checkout.PathTo("docs", name));

    [GeneratedRegex(@"^\| `([A-Za-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();

    [GeneratedRegex(@"^\| `([A-Z]+ /v1[^`?]*)", RegexOptions.Multiline)]
    private static partial Regex RouteRow();

    [GeneratedRegex(@":\w+}")]
    private static partial Regex Constraint();

    [GeneratedRegex(@"\]\(([^)#]+)\)")]
    private static partial Regex Link();
}
