using Local.Up;

namespace Pipeline.Tests.Infra;

/// <summary>
/// The Bicep files by their grammar, with <c>tree-sitter-bicep</c> from npm. It finds less than the compiler, but on every machine that
/// runs the other tests.
/// </summary>
public sealed class GrammarTests
{
    [Test]
    public async Task Every_file_is_Bicep() =>
        Assert.That(await Npm.Run("bicep.mjs", Bicep.Files.Select(file => Checkout.PathTo("infra", file))), Is.Empty);

    [Test]
    public async Task What_is_not_Bicep_is_found_where_it_is()
    {
        var folder = Directory.CreateTempSubdirectory("pipeline-grammar-");
        var file = Path.Combine(folder.FullName, "broken.bicep");
        await File.WriteAllTextAsync(file, "param name string\n\nresource account 'a' = {\n  name: name,,\n}\n");

        Assert.That(await Npm.Run("bicep.mjs", [file]), Does.StartWith(file + ":"));
        folder.Delete(recursive: true);
    }
}
