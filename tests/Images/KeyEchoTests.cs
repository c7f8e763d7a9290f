using Azure.Storage.Blobs;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Images;
using Pipeline.Storage;
using Pipeline.Tests.Http;

namespace Pipeline.Tests.Images;

public sealed class KeyEchoTests
{
    [Test]
    public async Task A_key_that_the_image_API_repeats_is_in_no_outcome()
    {
        const string Key = "sk-live-1234567890";
        const string Body = $$"""{ "error": { "message": "Incorrect API key provided: {{Key}}." } }""";
        await using var server = new Listener(_ =>
            $"HTTP/1.1 401 Unauthorized\r\nContent-Type: application/json\r\nContent-Length: {Body.Length}\r\n\r\n{Body}");
        var options = new ImageApiOptions { BaseUrl = new Uri(server.Url), Key = Key, QuickRetries = TimeSpan.Zero };
        using var turns = new ImageApiTurns(options, TimeProvider.System, new Random(1));
        var blobs = new BlobServiceClient(Tests.Storage.NewAccount());
        var bodies = new ImageRequestBody(blobs, new SignedUrls(blobs, new OutputOptions(), TimeProvider.System), options);
        var api = new ImageApi(
            HttpClients.ForImageApi(options), bodies, options, turns, TimeProvider.System, new Random(1), NullLogger<ImageApi>.Instance);

        var answer = await api.Generate(new ImageRequest("A cat", Pipeline.Images.Catalogue.Load().Find("512")!, 1, "1:1"), default);

        Assert.That(answer.Outcome, Is.TypeOf<ImageApiOutcome.KeyRefused>());
        Assert.That(answer.Outcome.Detail, Does.Contain("Incorrect API key provided: (key)."));
    }
}
