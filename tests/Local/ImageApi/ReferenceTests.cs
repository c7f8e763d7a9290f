using System.Net;
using System.Security.Cryptography;
using Local.ImageApi;
using Local.ImageApi.Calls;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class ReferenceTests
{
    [Test]
    public async Task An_image_by_URL_and_one_in_the_body_are_both_seen()
    {
        await using var caller = await Caller.Start();
        var url = (await caller.Generate("a fox", ratio: "16:9")).Urls.Single();
        var bytes = await caller.Http.GetByteArrayAsync(url);

        using var response = await caller.Post(new
        {
            prompt = "two foxes [[slow:0]]",
            model = Caller.Model512,
            ref_images = new[] { url + "?signature=secret", "data:image/png;base64," + Convert.ToBase64String(bytes) },
        });

        var sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(caller.Api.Stats.References, Is.EqualTo(new[]
        {
            new SeenReference("ref_images[0]", url, sha256, bytes.Length, "png", 688, 384, "two foxes"),
            new SeenReference("ref_images[1]", "data:", sha256, bytes.Length, "png", 688, 384, "two foxes"),
        }));
    }

    [Test]
    public async Task An_edit_fetches_its_image_and_another_image_gives_another_picture()
    {
        await using var caller = await Caller.Start();
        var foxes = (await caller.Generate("a fox", num: 2)).Urls;

        var edits = new List<byte[]>();
        foreach (var image in foxes)
        {
            using var response = await caller.Post(new { prompt = "as a watercolour", model = Caller.Model512, image }, "v1/images/edit");
            edits.Add(await caller.Http.GetByteArrayAsync((await Caller.Reply.Read(response)).Urls.Single()));
        }

        Assert.That(caller.Api.Stats.References.Select(seen => (seen.Field, seen.Source)), Is.EqualTo(foxes.Select(url => ("image", url))));
        Assert.That(edits[0], Is.Not.EqualTo(edits[1]));
    }

    [TestCase("{url}files/none.png?sig=secret", "ref_images[0] ({url}files/none.png) cannot be fetched: it answers 404")]
    [TestCase("{url}control/stats", "ref_images[0] ({url}control/stats) is not a PNG, JPEG or WebP image")]
    [TestCase("http://127.0.0.1:1/a.png", "ref_images[0] (http://127.0.0.1:1/a.png) cannot be fetched: ")]
    [TestCase("ftp://example.com/a.png", "ref_images[0] (ftp://example.com/a.png) is neither an http(s) URL nor a data URI")]
    [TestCase("fox.png", "ref_images[0] (fox.png) is neither an http(s) URL nor a data URI")]
    [TestCase("data:image/png,abc", "ref_images[0] (data:) is not a base64 data URI")]
    [TestCase("data:image/png;base64,???", "ref_images[0] (data:) is not a base64 data URI")]
    [TestCase("data:image/png;base64,Zm94", "ref_images[0] (data:) is not a PNG, JPEG or WebP image")]
    public async Task A_reference_that_is_no_image_is_400_and_named(string reference, string message)
    {
        await using var caller = await Caller.Start();
        string WithUrl(string text) => text.Replace("{url}", $"{caller.Api.Url}", StringComparison.Ordinal);

        using var response = await caller.Post(new { prompt = "a", model = Caller.Model512, ref_images = new[] { WithUrl(reference) } });

        var reply = await Caller.Reply.Read(response);
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(reply.Message, Does.StartWith(WithUrl(message)));
        Assert.That(caller.Api.Stats.References, Is.Empty);
        Assert.That(caller.Api.Stats.CreditsCharged, Is.Zero);
    }

    [TestCase("FFD8 FFE00004ABCD FFC4000400FF FFC0000B08 0120 0280 01011100", "jpeg", 640, 288)]
    [TestCase("52494646 00000000 57454250 56503820 00000000 000000 9D012A 8002 2001 00000000", "webp", 640, 288)]
    [TestCase("52494646 00000000 57454250 5650384C 00000000 2F 7FC24700 0000000000000000", "webp", 640, 288)]
    [TestCase("52494646 00000000 57454250 56503858 0A000000 00000000 7F0200 1F0100", "webp", 640, 288)]
    public void The_pixels_of_the_other_formats_are_read_too(string hex, string format, int width, int height)
    {
        var head = ImageHead.Read(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)));

        Assert.That(head, Is.EqualTo(new ImageHead(format, new PixelSize(width, height))));
    }

    [TestCase("")]
    [TestCase("FFD8")]
    [TestCase("FFD8FFE0FFFF0000000000000000")]
    [TestCase("89504E470D0A1A0A")]
    [TestCase("52494646")]
    public void The_beginning_of_an_image_alone_is_none(string hex) => Assert.That(ImageHead.Read(Convert.FromHexString(hex)), Is.Null);
}
