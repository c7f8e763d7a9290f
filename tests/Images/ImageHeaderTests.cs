using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Pipeline.Images;

namespace Pipeline.Tests.Images;

public sealed class ImageHeaderTests
{
    [Test]
    public void A_PNG_is_known_by_its_signature_and_header() =>
        Assert.That(ImageHeader.Read(Png(688, 384)), Is.EqualTo(new ImageHeader("image/png", "png", new PixelSize(688, 384))));

    [Test]
    public void A_JPEG_is_measured_behind_its_thumbnail()
    {
        byte[] jpeg =
        [
            0xFF, 0xD8, 0xFF, 0xE0, 0x00, 0x10, .. "JFIF\0"u8, 1, 1, 0, 0, 1, 0, 1, 0, 0,
            0xFF, 0xFF, 0xC4, 0x00, 0x03, 0x00,
            0xFF, 0xC2, 0x00, 0x11, 0x08, 0x03, 0x00, 0x05, 0x60, 0x03, 0x01, 0x22, 0x00,
        ];

        Assert.That(ImageHeader.Read(jpeg), Is.EqualTo(new ImageHeader("image/jpeg", "jpg", new PixelSize(1376, 768))));
    }

    [TestCaseSource(nameof(WebpFiles))]
    public void A_WebP_of_each_kind_is_measured(byte[] file) =>
        Assert.That(ImageHeader.Read(file), Is.EqualTo(new ImageHeader("image/webp", "webp", new PixelSize(1376, 768))));

    [TestCase("<html><body>Not found</body></html>")]
    [TestCase("{\"error\":\"gone\"}")]
    [TestCase("GIF89a..............................")]
    [TestCase("")]
    public void What_is_no_image_is_not_taken_for_one(string content) =>
        Assert.That(ImageHeader.Read(System.Text.Encoding.UTF8.GetBytes(content)), Is.Null);

    [Test]
    public void No_bytes_whatever_make_it_fail()
    {
        byte[][] starts = [Png(1, 1), [0xFF, 0xD8, 0xFF, 0xE0, 0, 0], .. WebpFiles().Select(file => (byte[])file.Arguments[0]!)];
        var files = Gen.Elements(starts).SelectMany(
            start => Gen.Choose(0, 255).Select(value => (byte)value).ArrayOf().SelectMany(
                rest => Gen.Choose(0, start.Length).Select(cut => start.Take(cut).Concat(rest).ToArray())));

        Prop.ForAll(files.ToArbitrary(), file =>
        {
            ImageHeader.Read(file);
            return true;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [TestCase("png", true)]
    [TestCase("cut", false)]
    public void A_PNG_without_its_end_is_not_whole(string which, bool whole)
    {
        byte[] file = [.. Png(1, 1), 0, 0, 0, 0, .. "IEND"u8, 0xAE, 0x42, 0x60, 0x82];
        if (which == "cut") file = file[..^1];
        var header = ImageHeader.Read(file)!;

        Assert.That(header.IsWhole(file, file.AsSpan(file.Length - ImageHeader.TrailerBytes), file.Length), Is.EqualTo(whole));
    }

    private static byte[] Png(int width, int height)
    {
        byte[] file = [0x89, .. "PNG"u8, 0x0D, 0x0A, 0x1A, 0x0A, 0, 0, 0, 13, .. "IHDR"u8, 0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0];
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(16), width);
        BinaryPrimitives.WriteInt32BigEndian(file.AsSpan(20), height);
        return file;
    }

    private static IEnumerable<TestCaseData> WebpFiles()
    {
        byte[] riff = [.. "RIFF"u8, 22, 0, 0, 0, .. "WEBP"u8];
        byte[] extended = [.. riff, .. "VP8X"u8, 10, 0, 0, 0, 0, 0, 0, 0, 0x5F, 0x05, 0, 0xFF, 0x02, 0];
        yield return new TestCaseData((object)extended) { TestName = "extended" };
        byte[] lossy = [.. riff, .. "VP8 "u8, 10, 0, 0, 0, 0, 0, 0, 0x9D, 0x01, 0x2A, 0x60, 0x05, 0x00, 0x03];
        yield return new TestCaseData((object)lossy) { TestName = "lossy" };
        var bits = (1376u - 1) | ((768u - 1) << 14);
        byte[] lossless = [.. riff, .. "VP8L"u8, 5, 0, 0, 0, 0x2F, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(lossless.AsSpan(21), bits);
        yield return new TestCaseData((object)lossless) { TestName = "lossless" };
    }
}
