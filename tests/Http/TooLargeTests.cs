using System.Net.Http.Headers;
using Pipeline.Manifests.Reading;
using Pipeline.Tests.Apps;
using Pipeline.Tests.FunctionsWorker;

namespace Pipeline.Tests.Http;

public sealed class TooLargeTests
{
    [Test]
    public async Task A_body_of_unknown_length_that_grows_too_large_is_refused_by_the_app_and_not_by_the_server()
    {
        await using var app = await App.Start();
        var account = await app.NewAccount(10);
        using var content = new StreamContent(new Zeros(ReadManifestFile.BytesMax + (1 << 20)));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/x-ndjson");
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/manifests") { Content = content };
        request.Headers.TransferEncodingChunked = true;

        var answer = await app.Send(request, account.ApiKey);

        Assert.That((int)answer.StatusCode, Is.EqualTo(413), await answer.Content.ReadAsStringAsync());
    }
}
