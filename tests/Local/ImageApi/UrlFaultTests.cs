using System.Net;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class UrlFaultTests
{
    private Caller caller = null!;

    [SetUp]
    public async Task Start() => caller = await Caller.Start();

    [TearDown]
    public async Task Stop() => await caller.DisposeAsync();

    [Test]
    public async Task Not_found()
    {
        using var response = await Download("url-404");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    [Test]
    public async Task Html_in_place_of_the_image()
    {
        using var response = await Download("url-html");

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("text/html"));
    }

    [Test]
    public async Task Truncated_after_half_of_the_length_that_was_declared()
    {
        using var response = await Download("url-truncated");
        await using var body = await response.Content.ReadAsStreamAsync();

        var (bytes, whole) = await Read(body, TimeSpan.FromSeconds(10));

        Assert.That(whole, Is.False);
        Assert.That(response.Content.Headers.ContentLength, Is.GreaterThan(5000));
        Assert.That(bytes, Is.EqualTo(response.Content.Headers.ContentLength / 2));
        Assert.That(caller.Api.Stats.Downloads, Is.Zero);
    }

    [Test]
    public async Task Slow_but_never_silent()
    {
        using var response = await Download("url-slow");
        await using var body = await response.Content.ReadAsStreamAsync();

        var (bytes, whole) = await Read(body, TimeSpan.FromSeconds(2));

        Assert.That(whole, Is.False);
        Assert.That(bytes, Is.InRange(1, 4000));
    }

    [Test]
    public async Task Huge_without_an_end_and_without_a_length()
    {
        using var response = await Download("url-huge");
        await using var body = await response.Content.ReadAsStreamAsync();
        var part = new byte[64 * 1024];

        var bytes = 0L;
        while (bytes < 50_000_000) bytes += await body.ReadAtLeastAsync(part, part.Length);

        Assert.That(response.Content.Headers.ContentLength, Is.Null);
    }

    [Test]
    public async Task The_images_of_the_first_calls_are_faulty_and_those_of_the_next_are_not()
    {
        var first = await caller.Generate("a fox [[fault:url-404:1]]", num: 2);
        var second = await caller.Generate("a fox [[fault:url-404:1]]", num: 2);

        Assert.That(await StatusesOf(first), Is.All.EqualTo(HttpStatusCode.NotFound));
        Assert.That(await StatusesOf(second), Is.All.EqualTo(HttpStatusCode.OK));
        Assert.That(await StatusesOf(first), Is.All.EqualTo(HttpStatusCode.NotFound), "still");
        Assert.That(caller.Api.Stats.CreditsCharged, Is.EqualTo(4 * 4), "the images were made");
        Assert.That(caller.Api.Stats.Downloads, Is.EqualTo(2));
    }

    private async Task<HttpResponseMessage> Download(string fault)
    {
        var reply = await caller.Generate($"a red fox [[fault:{fault}]]");
        return await caller.Http.GetAsync(reply.Urls.Single(), HttpCompletionOption.ResponseHeadersRead);
    }

    private async Task<List<HttpStatusCode>> StatusesOf(Caller.Reply reply)
    {
        var statuses = new List<HttpStatusCode>();
        foreach (var url in reply.Urls)
        {
            using var response = await caller.Http.GetAsync(url);
            statuses.Add(response.StatusCode);
        }

        return statuses;
    }

    /// <summary>How much comes, and whether it ends as it should, within a time.</summary>
    private static async Task<(long Bytes, bool Whole)> Read(Stream body, TimeSpan time)
    {
        using var patience = new CancellationTokenSource(time);
        var part = new byte[1024];
        var bytes = 0L;
        try
        {
            while (await body.ReadAsync(part, patience.Token) is var read and > 0) bytes += read;
            return (bytes, true);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            return (bytes, false);
        }
    }
}
