using System.Text.Json.Nodes;
using Local.Up;
using Pipeline.Images;

namespace Pipeline.Tests.Images;

public sealed class CatalogueTests
{
    private static readonly Catalogue Catalogue = Catalogue.Load();

    [TestCase("512", "gemini-3.1-flash-image-preview-512", 4)]
    [TestCase("1k", "gemini-3.1-flash-image-preview", 4)]
    [TestCase("2k", "gemini-3.1-flash-image-preview-2k", 6)]
    [TestCase("4k", "gemini-3.1-flash-image-preview-4k", 8)]
    [TestCase("1K", "gemini-3.1-flash-image-preview", 4)]
    [TestCase("2K", "gemini-3.1-flash-image-preview-2k", 6)]
    [TestCase("4K", "gemini-3.1-flash-image-preview-4k", 8)]
    [TestCase("nano-banana-2", "gemini-3.1-flash-image-preview", 4)]
    [TestCase("gemini-3.1-flash-image-preview-4k", "gemini-3.1-flash-image-preview-4k", 8)]
    public void A_model_is_found_by_its_id_and_by_its_short_names(string name, string id, int credits) =>
        Assert.That(Catalogue.Find(name), Is.Not.Null.And.Property("Id").EqualTo(id).And.Property("CreditsPerImage").EqualTo(credits));

    [TestCase("16:9", "512", 688, 384)]
    [TestCase("1:1", "4K", 4096, 4096)]
    [TestCase("8:1", "4K", 12288, 1536)]
    [TestCase("21:9", "512", 792, 336)]
    public void Each_ratio_of_each_tier_has_its_pixels(string ratio, string tier, int width, int height) =>
        Assert.That(
            Catalogue.SizeOf(Catalogue.Models.Single(model => model.Tier == tier), ratio), Is.EqualTo(new PixelSize(width, height)));

    [Test]
    public void There_are_56_combinations() =>
        Assert.That(
            Catalogue.Models.SelectMany(model => Catalogue.Ratios.Select(ratio => Catalogue.SizeOf(model, ratio))).ToList(),
            Has.Count.EqualTo(56));

    [Test]
    public void The_simulator_sells_what_the_app_prices()
    {
        var ours = JsonNode.Parse(File.ReadAllText(Checkout.PathTo("functions", "Images", "models.json")));
        var theirs = JsonNode.Parse(File.ReadAllText(Checkout.PathTo("local", "image-api", "models.json")));

        Assert.That(JsonNode.DeepEquals(ours, theirs), Is.True);
    }
}
