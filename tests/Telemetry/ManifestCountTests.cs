using System.Net.Http.Json;
using System.Text.Json;

namespace Pipeline.Tests.Telemetry;

/// <summary>The jobs of manifests are counted as others are, though many are made and ended at once.</summary>
public sealed class ManifestCountTests
{
    private const int Jobs = 10;

    private TracedApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await TracedApp.Start(("Manifests:SentAtOnceMax", "1"));

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    /// <summary>Of 4K, which no other test makes in this process.</summary>
    [Test]
    public async Task Those_that_were_made_and_those_that_were_ended_with_their_manifest_are_counted_each_once()
    {
        using var measured = new Measured();
        // The first is put off, so that all others wait behind it.
        var jobs = Enumerable.Range(0, Jobs).Select(n => new { prompt = $"Cat {n} [[fault:429-after-2]]", model = "4K" });
        using var accepted = await app.Http.PostAsJsonAsync("v1/manifests", jobs);
        Assert.That((int)accepted.StatusCode, Is.EqualTo(202), await accepted.Content.ReadAsStringAsync());
        var id = (await accepted.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString()!;
        await TracedApp.Until(() => Sum("running") > 0 ? id : null);

        using var canceled = await app.Http.PostAsync($"v1/manifests/{id}/cancel", null);
        Assert.That((int)canceled.StatusCode, Is.EqualTo(202), await canceled.Content.ReadAsStringAsync());
        await TracedApp.Until(() => Sum("canceled") >= Jobs ? id : null);

        Assert.That((Sum("queued"), Sum("running"), Sum("canceled")), Is.EqualTo((Jobs, 1, Jobs)));

        double Sum(string state) => measured.Of($"pipeline.jobs state={state} tier=4K").Sum();
    }
}
