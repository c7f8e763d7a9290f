using Local.Up;

namespace Pipeline.Tests.Up;

public sealed class DemoTests
{
    private static readonly byte[] PngSignature = [0x89, .. "PNG\r\n"u8, 0x1A, (byte)'\n'];

    [Test]
    public async Task The_demo_saves_the_pictures_prints_the_ledger_and_ends()
    {
        await using var demo = UpProcess.Start(["--demo", "--latency", "0", "--small-images"]);
        var (exitCode, output) = await demo.End();

        Assert.That(exitCode, Is.Zero, output + demo.Errors);
        var pictures = Directory.GetFiles(UpOptions.DemoFolder, "*.png");
        Assert.That(pictures, Has.Length.EqualTo(11));
        foreach (var picture in pictures)
        {
            Assert.That(output, Does.Contain(Path.GetFileName(picture)));
            Assert.That((await File.ReadAllBytesAsync(picture)).Take(PngSignature.Length), Is.EqualTo(PngSignature));
        }

        Assert.That(output, Does.Contain("1,000 granted = 948 available + 0 held + 52 spent"));
        Assert.That(output, Does.Contain("Verified from the first entry on: ok"));
        Assert.That(output, Does.Contain("available → held").And.Contain("held → spent").And.Not.Contain("\u001b"));
    }
}
