using System.Text.Json;
using System.Text.RegularExpressions;
using Local.Up;

namespace Pipeline.Tests.Apps;

/// <summary>Runs what the README tells a newcomer to type, in its order, and compares what it shows.</summary>
/// <remarks>Its first command has a test of its own, and its second one is this run.</remarks>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Checkout.PathTo("README.md"));

    [Test]
    public async Task Its_curl_commands_work_as_they_stand()
    {
        if (!Programs.OnPath("bash") || !Programs.OnPath("curl")) Assert.Ignore("bash and curl are not on this machine.");
        await using var app = await App.Start();
        var account = await app.NewAccount(credits: 100);
        var folder = Directory.CreateTempSubdirectory("pipeline-readme-");
        var environment = new Dictionary<string, string> { ["URL"] = app.Process.Url.AbsoluteUri.TrimEnd('/'), ["KEY"] = account.ApiKey };

        var blocks = ShellBlock().Matches(Readme).Select(match => match.Groups[1].Value)
            .Where(block => block.Contains("curl", StringComparison.Ordinal)).ToList();
        // What the block leaves in its shell, for the next ones.
        var submitted = await Run(blocks[0] + "\necho; echo \"$JOB\"", folder.FullName, environment);
        environment["JOB"] = submitted.TrimEnd().Split('\n')[^1];
        var body = submitted[..submitted.LastIndexOf(environment["JOB"], StringComparison.Ordinal)];
        var job = JsonElement.Parse(body);
        Assert.That(job.GetProperty("id").GetString(), Is.EqualTo(environment["JOB"]));
        await account.Finished(environment["JOB"]);

        var polled = await Run(blocks[1], folder.FullName, environment);
        var books = (await Run(blocks[2], folder.FullName, environment)).Split("}{", StringSplitOptions.None);
        var edited = JsonElement.Parse(await Run(blocks[3], folder.FullName, environment));
        var mistake = JsonElement.Parse(await Run(blocks[4], folder.FullName, environment));

        var manifest = (await Run(blocks[5], folder.FullName, environment)).Split("}{", StringSplitOptions.None);
        var dropped = await account.Ended(JsonElement.Parse("{" + manifest[^1]).GetProperty("id").GetString()!);

        Assert.That(blocks, Has.Count.EqualTo(6));
        Assert.That(manifest[0], Does.StartWith("{\"object\":\"manifest_report\"").And.Contain("\"accepted\":true"));
        Assert.That(ManifestTests.Count(dropped, "total", "succeeded"), Is.EqualTo("5 5"));
        Assert.That(edited.GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That(edited.GetProperty("parent").GetString(), Is.EqualTo(environment["JOB"]));
        Assert.That(edited.GetProperty("image_size").GetString(), Is.EqualTo("16:9"));
        Assert.That(JsonElement.Parse(polled).GetProperty("status").GetString(), Is.EqualTo("succeeded"));
        Assert.That(new FileInfo(Path.Combine(folder.FullName, "lighthouse.png")).Length, Is.GreaterThan(1000));
        Assert.That(books[^1], Does.Contain("\"ok\":true"));
        var shown = JsonElement.Parse(JsonBlock().Match(Readme).Groups[1].Value);
        foreach (var name in new[] { "type", "title", "status", "detail", "instance", "code", "retryable" })
            Assert.That(mistake.GetProperty(name).ToString(), Is.EqualTo(shown.GetProperty(name).ToString()), name);
        folder.Delete(recursive: true);
    }

    private static Task<string> Run(string script, string folder, Dictionary<string, string> environment) =>
        Programs.Run("bash", ["-euc", script], environment, folder);

    [GeneratedRegex(@"^```sh\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex ShellBlock();

    [GeneratedRegex(@"^```json\n(.*?)^```", RegexOptions.Singleline | RegexOptions.Multiline)]
    private static partial Regex JsonBlock();
}
