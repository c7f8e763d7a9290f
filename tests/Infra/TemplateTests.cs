using System.Text.Json;
using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>The Bicep files as such.</summary>
public sealed class TemplateTests
{
    public static IReadOnlyList<string> Files => Bicep.Files;

    [TestCaseSource(nameof(Files))]
    public async Task It_compiles_without_a_warning(string file) =>
        Assert.That((await Bicep.Build(file)).GetProperty("resources").ValueKind, Is.Not.EqualTo(JsonValueKind.Undefined));

    [TestCaseSource(nameof(Files))]
    public async Task It_is_written_as_the_formatter_writes_it(string file) =>
        Assert.That(await Bicep.Format(file), Is.EqualTo(await File.ReadAllTextAsync(Checkout.PathTo("infra", file))));

    [TestCaseSource(nameof(Files))]
    public async Task It_and_its_parameters_say_what_they_are(string file)
    {
        var template = await Bicep.Build(file);

        Assert.That(template.GetProperty("metadata").GetProperty("description").GetString(), Is.Not.Empty);
        Assert.That(
            Members(template, "parameters").Concat(Members(template, "definitions"))
                .Where(member => !member.Value.TryGetProperty("metadata", out var metadata)
                    || !metadata.TryGetProperty("description", out var description) || description.GetString() is not { Length: > 0 })
                .Select(member => member.Name),
            Is.Empty);
    }

    [TestCaseSource(nameof(Files))]
    public void Its_files_and_lines_are_small(string file)
    {
        var lines = File.ReadAllLines(Checkout.PathTo("infra", file));

        Assert.That(lines, Has.Length.LessThanOrEqualTo(250));
        Assert.That(lines.Where(line => line.Length > 140), Is.Empty);
    }

    /// <summary>A number without bounds is a mistyped one that Azure refuses late, or takes.</summary>
    [Test]
    public async Task Every_number_that_an_operator_gives_has_bounds()
    {
        var template = await Bicep.Build("main.bicep");
        var numbers = Members(template, "parameters").Concat(Members(template, "definitions"))
            .Where(member => member.Value.TryGetProperty("type", out var type) && type.GetString() == "int");

        Assert.That(numbers, Is.Not.Empty);
        Assert.That(
            numbers.Where(number => !number.Value.TryGetProperty("allowedValues", out _)
                    && !(number.Value.TryGetProperty("minValue", out _) && number.Value.TryGetProperty("maxValue", out _)))
                .Select(number => number.Name),
            Is.Empty);
    }

    [Test]
    public async Task The_parameters_that_azd_fills_in_are_some_that_there_are()
    {
        var known = Members(await Bicep.Build("main.bicep"), "parameters").Select(parameter => parameter.Name);
        var given = JsonElement.Parse(await File.ReadAllTextAsync(Checkout.PathTo("infra", "main.parameters.json")));

        Assert.That(Members(given, "parameters").Select(parameter => parameter.Name), Is.SubsetOf(known));
    }

    [Test]
    public async Task The_guide_names_every_parameter_and_no_other()
    {
        var guide = await File.ReadAllLinesAsync(Checkout.PathTo("infra", "README.md"));
        var rows = guide.SkipWhile(line => !line.StartsWith("| parameter", StringComparison.Ordinal)).Skip(2)
            .TakeWhile(line => line.StartsWith('|')).Select(line => line.Split('`')[1]);

        Assert.That(rows, Is.EquivalentTo(Members(await Bicep.Build("main.bicep"), "parameters").Select(parameter => parameter.Name)));
    }

    /// <summary>The members of a part of a template, and of the types among them.</summary>
    private static IEnumerable<JsonProperty> Members(JsonElement template, string part) =>
        template.TryGetProperty(part, out var members)
            ? members.EnumerateObject().SelectMany(member => member.Value.TryGetProperty("properties", out var own)
                ? own.EnumerateObject().Prepend(member)
                : [member])
            : [];
}
