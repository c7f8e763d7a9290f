using System.Text.Json;
using Azure.Storage.Queues;

namespace Pipeline.Tests.Apps;

/// <summary>Of a manifest, so many jobs are under way at once and no more.</summary>
public sealed class ManifestWindowTests() : AppTests(credits: 1000, ("Manifests__SentAtOnceMax", "4"))
{
    [Test]
    public async Task The_next_are_sent_as_these_end_to_lanes_of_their_own()
    {
        var lane = new QueueClient(app.Storage, "images-standard-bulk");
        var id = await account.PostManifest(JsonSerializer.Serialize(
            Enumerable.Range(0, 20).Select(n => new { prompt = $"Tile {n} [[slow:0.3]]", model = "512" })));

        var most = 0;
        var ended = await Account.Until(
            async () =>
            {
                most = Math.Max(most, (await lane.GetPropertiesAsync()).Value.ApproximateMessagesCount);
                return await account.GetJson($"v1/manifests/{id}");
            },
            Account.IsFinished);

        Assert.That(ManifestTests.Count(ended, "total", "succeeded"), Is.EqualTo("20 20"));
        Assert.That(most, Is.InRange(1, 4));
    }
}
