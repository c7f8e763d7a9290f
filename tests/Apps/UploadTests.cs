using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Pipeline.References;

namespace Pipeline.Tests.Apps;

/// <summary>Images that are uploaded to be named by jobs.</summary>
public sealed class UploadTests() : AppTests(credits: 10)
{
    private static IEnumerable<TestCaseData> Formats() =>
    [
        new TestCaseData(TestPicture.Png(688, 384), "image/png", 688, 384).SetArgDisplayNames("png"),
        new TestCaseData(TestPicture.Jpeg(1376, 768), "image/jpeg", 1376, 768).SetArgDisplayNames("jpeg"),
        new TestCaseData(TestPicture.Webp(320, 200), "image/webp", 320, 200).SetArgDisplayNames("webp"),
    ];

    [TestCaseSource(nameof(Formats))]
    public async Task An_image_is_stored_as_what_its_bytes_say_whatever_type_is_sent(byte[] image, string type, int width, int height)
    {
        var answer = await Upload(image, contentType: "text/plain");
        var reference = await answer.Content.ReadFromJsonAsync<JsonElement>();

        var id = ReferenceId.Of(Pipeline.Accounts.AccountId.Parse(account.Id), TestPicture.Sha256(image));
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        Assert.That(
            reference.ToString(),
            Is.EqualTo(
                $$"""{"id":"{{id}}","content_type":"{{type}}","bytes":{{image.Length}},"width":{{width}},"height":{{height}}"""
                + $$""","sha256":"{{TestPicture.Sha256(image)}}"}"""));
        var blob = await References().GetBlobClient($"{account.Id}/{id}").DownloadContentAsync();
        Assert.That(blob.Value.Content.ToArray(), Is.EqualTo(image));
        Assert.That(blob.Value.Details.ContentType, Is.EqualTo(type));
    }

    [Test]
    public async Task A_form_with_the_image_in_it_is_told_to_be_left_out()
    {
        using var form = new MultipartFormDataContent { { new ByteArrayContent(TestPicture.Png()), "file", "cat.png" } };

        var answer = await app.Send(new HttpRequestMessage(HttpMethod.Post, "v1/references") { Content = form }, account.ApiKey);

        await SubmitTests.IsProblem(answer, 415, "unsupported_media_type");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("--data-binary @file"));
    }

    [Test]
    public async Task The_same_image_again_is_the_same_reference_and_is_answered_200()
    {
        var image = TestPicture.Png(grey: 7);
        var first = await Upload(image);
        var second = await Upload(image);

        Assert.That((first.StatusCode, second.StatusCode), Is.EqualTo((HttpStatusCode.Created, HttpStatusCode.OK)));
        Assert.That(await second.Content.ReadAsStringAsync(), Is.EqualTo(await first.Content.ReadAsStringAsync()));
    }

    [Test]
    public async Task The_same_image_20_times_at_once_is_one_blob()
    {
        var image = TestPicture.Png(bytes: 300_000);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Upload(image)));

        Assert.That(answers.Select(answer => answer.StatusCode), Has.All.EqualTo(HttpStatusCode.Created).Or.EqualTo(HttpStatusCode.OK));
        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Created), Is.EqualTo(1));
        var blobs = References().GetBlobsAsync(new GetBlobsOptions { Prefix = account.Id + "/" });
        Assert.That(await blobs.CountAsync(), Is.EqualTo(1));
    }

    [Test]
    public async Task The_same_image_in_another_account_is_another_reference()
    {
        var image = TestPicture.Png(grey: 9);
        var other = await app.NewAccount(credits: 10);

        var first = await account.Upload(image);
        var second = await other.Upload(image);

        Assert.That(second, Is.Not.EqualTo(first));
    }

    [Test]
    public async Task Exactly_20_MiB_are_taken_and_one_byte_more_is_not()
    {
        var largest = await Upload(TestPicture.Png(bytes: (int)UploadReference.BytesMax));
        var announced = await Upload(TestPicture.Png(bytes: (int)UploadReference.BytesMax + 1));
        var chunked = await Upload(TestPicture.Png(bytes: (int)UploadReference.BytesMax + 1), chunked: true);

        Assert.That(largest.StatusCode, Is.EqualTo(HttpStatusCode.Created));
        await SubmitTests.IsProblem(announced, 413, "too_large");
        await SubmitTests.IsProblem(chunked, 413, "too_large");
        Assert.That(await announced.Content.ReadAsStringAsync(), Does.Contain("20,971,520"));
    }

    [TestCase("<html><body>cat.png was not found</body></html>")]
    [TestCase("GIF89a..............................")]
    [TestCase("")]
    public async Task What_is_no_image_is_refused_whatever_it_is_called(string content) =>
        await SubmitTests.IsProblem(
            await Upload(Encoding.UTF8.GetBytes(content), contentType: "image/png"), 415, "unsupported_media_type");

    [TestCase(1)]
    [TestCase(200)]
    public async Task An_image_without_its_end_is_refused(int missing)
    {
        var answer = await Upload(TestPicture.Png(bytes: 1000)[..^missing]);

        await SubmitTests.IsProblem(answer, 400, "invalid_request", "");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"{1000 - missing:N0} bytes"));
        Assert.That(await References().GetBlobsAsync(new GetBlobsOptions { Prefix = account.Id + "/" }).CountAsync(), Is.Zero);
    }

    [Test]
    public async Task A_parameter_that_is_none_is_refused() =>
        await SubmitTests.IsProblem(await Upload(TestPicture.Png(), query: "?name=cat"), 400, "unknown_field", "?name");

    [Test]
    public async Task Without_a_key_nothing_is_stored() =>
        await SubmitTests.IsProblem(
            await app.Send(new HttpRequestMessage(HttpMethod.Post, "v1/references") { Content = new ByteArrayContent(TestPicture.Png()) }),
            401, "unauthorized");

    private BlobContainerClient References() => new BlobServiceClient(app.Storage).GetBlobContainerClient("references");

    private async Task<HttpResponseMessage> Upload(
        byte[] image, string? contentType = null, bool chunked = false, string query = "")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/references" + query) { Content = new ByteArrayContent(image) };
        if (contentType is not null) request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(contentType);
        if (chunked) request.Headers.TransferEncodingChunked = true;
        return await app.Send(request, account.ApiKey);
    }
}
