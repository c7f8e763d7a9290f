using System.Text.Json;
using Azure.Storage.Blobs;
using Pipeline.Images;

namespace Pipeline.Tests.Apps;

/// <summary>All tiers with all ratios, from the request to the stored file.</summary>
public sealed class PixelTests
{
    private static readonly Catalogue Catalogue = Catalogue.Load();
    private readonly Dictionary<(string, string), Task<JsonElement>> jobs = [];
    private App app = null!;

    private static IEnumerable<TestCaseData> Combinations() =>
        from model in Catalogue.Models
        from ratio in Catalogue.Ratios
        select new TestCaseData(model, ratio).SetArgDisplayNames(model.Tier, ratio);

    [OneTimeSetUp]
    public async Task SubmitAll()
    {
        app = await App.Start();
        var account = await app.NewAccount(credits: 1000);
        foreach (var model in Catalogue.Models)
        {
            foreach (var ratio in Catalogue.Ratios)
            {
                var job = await account.Submit(
                    new { prompt = "A lighthouse in a storm.", model = model.Tier.ToLowerInvariant(), image_size = ratio });
                jobs[(model.Id, ratio)] = account.Finished(job);
            }
        }
    }

    [OneTimeTearDown]
    public async Task StopApp() => await app.DisposeAsync();

    [TestCaseSource(nameof(Combinations))]
    public async Task The_pixels_are_those_of_the_catalogue(Model model, string ratio)
    {
        var job = await jobs[(model.Id, ratio)];

        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"), job.ToString());
        Assert.That(job.GetProperty("warnings").GetArrayLength(), Is.Zero, job.ToString());
        var image = job.GetProperty("images")[0];
        var expected = Catalogue.SizeOf(model, ratio);
        Assert.That(new PixelSize(image.GetProperty("width").GetInt32(), image.GetProperty("height").GetInt32()), Is.EqualTo(expected));
        // What the job says is one thing, what the caller gets another.
        var file = await new BlobClient(new Uri(image.GetProperty("url").GetString()!)).DownloadContentAsync();
        Assert.That(ImageHeader.Read(file.Value.Content)!.Size, Is.EqualTo(expected));
    }

    [Test]
    public void There_are_56_combinations() => Assert.That(Combinations().Count(), Is.EqualTo(56));
}
