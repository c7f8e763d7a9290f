using System.Text;
using Pipeline.Images;
using Pipeline.Tests.Local.ImageApi;

namespace Pipeline.Tests.Images;

/// <summary>What was asked for, as texts in the files themselves.</summary>
public sealed class PngTextTests
{
    private static readonly AskedFor Request = new(
        "A sign \"Grüße 😀\"\nin a storm", "gemini-x", "16:9", Thinking.High, [SearchKind.Web], ServiceTier.Priority, ["ref_1", "job_1/0"],
        EditOf: null);

    [TestCase("123456789", 0xCBF43926u)]
    [TestCase("IEND", 0xAE426082u)]
    [TestCase("", 0u)]
    [TestCase("The quick brown fox jumps over the lazy dog", 0x414FA339u)]
    public void The_checksum_is_that_of_the_standard(string text, uint crc) =>
        Assert.That(Crc32.Of(Encoding.ASCII.GetBytes(text)), Is.EqualTo(crc));

    [TestCase(1)]
    [TestCase(7)]
    [TestCase(33)]
    [TestCase(100_000)]
    public async Task A_PNG_gets_three_texts_behind_its_header_however_its_bytes_come(int bytesAtOnce)
    {
        await using var caller = await Caller.Start();
        var picture = await caller.Draw("a red fox", Caller.Model512, "4:3");

        var file = await Through(picture, bytesAtOnce);

        var texts = new Dictionary<string, string>();
        var read = PngCheck.Read(file, texts);
        Assert.That(read.Pixels, Is.EqualTo(PngCheck.Read(picture).Pixels));
        Assert.That(texts.Keys, Is.EqualTo(new[] { "Description", "Software", "parameters" }));
        Assert.That((texts["Description"], texts["Software"]), Is.EqualTo((Request.Prompt, Request.Model)));
        Assert.That(texts["parameters"], Is.EqualTo(
            """{"image_size":"16:9","thinking":"high","search":["web"],"service_tier":"priority","""
            + """
            "ref_images":["ref_1","job_1/0"],"edit_of":null}
            """));
        Assert.That(ImageHeader.Read(file), Is.EqualTo(ImageHeader.Read(picture)));
    }

    [Test]
    public async Task Other_files_and_beginnings_of_files_pass_as_they_are()
    {
        byte[] odd = TestPicture.Png();
        odd[11] = 14;
        foreach (var file in (byte[][])[
            TestPicture.Jpeg(40, 30), TestPicture.Webp(40, 30), Encoding.ASCII.GetBytes("<html>"), [], TestPicture.Png()[..32], odd])
            Assert.That(await Through(file, 10), Is.EqualTo(file));
    }

    [Test]
    public void A_sender_that_stops_in_the_header_is_heard() => Assert.That(
        async () => await new PngText((_, _) => ValueTask.FromException<int>(new IOException("gone")), []).Receive(new byte[10], default),
        Throws.InstanceOf<IOException>());

    private static async Task<byte[]> Through(byte[] file, int bytesAtOnce)
    {
        using var source = new MemoryStream(file);
        using var target = new MemoryStream();
        var texts = new PngText(
            (buffer, cancel) => source.ReadAsync(buffer[..Math.Min(buffer.Length, bytesAtOnce)], cancel), PngText.ChunksOf(Request));
        var buffer = new byte[50];
        while (await texts.Receive(buffer, default) is var count and > 0) target.Write(buffer, 0, count);
        return target.ToArray();
    }
}
