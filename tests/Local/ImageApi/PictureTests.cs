using System.Net;
using System.Text.Json;
using Local.ImageApi;
using Local.ImageApi.Pictures;
using Local.Up;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class PictureTests
{
    private static IEnumerable<TestCaseData> EveryTierAndRatio()
    {
        using var json = JsonDocument.Parse(File.ReadAllText(Checkout.PathTo("local", "image-api", "models.json")));
        string[] models = [Caller.Model512, Caller.Model1K, Caller.Model2K, Caller.Model4K];
        foreach (var ratio in json.RootElement.GetProperty("pixels").EnumerateObject())
        {
            foreach (var (model, size) in models.Zip(ratio.Value.EnumerateArray()))
            {
                yield return new TestCaseData(model, ratio.Name, size.GetString());
            }
        }
    }

    [Test]
    public void There_are_56_combinations_of_tier_and_ratio() => Assert.That(EveryTierAndRatio().Count(), Is.EqualTo(56));

    [TestCaseSource(nameof(EveryTierAndRatio))]
    public async Task Every_tier_and_ratio_is_a_valid_picture_of_the_exact_pixels(string model, string ratio, string pixels)
    {
        await using var caller = await Caller.Start();

        var picture = PngCheck.Read(await caller.Draw("a red fox", model, ratio));

        Assert.That($"{picture.Width}x{picture.Height}", Is.EqualTo(pixels));
    }

    [TestCase(Caller.Model512, "1:1", 0.4)]
    [TestCase(Caller.Model512, "3:2", 0.4)]
    [TestCase(Caller.Model1K, "16:9", 1.5)]
    [TestCase(Caller.Model2K, "21:9", 5)]
    [TestCase(Caller.Model4K, "1:1", 20)]
    [TestCase(Caller.Model4K, "1:8", 20)]
    [TestCase(Caller.Model4K, "8:1", 20)]
    public async Task A_realistic_picture_is_valid_and_its_file_as_large_as_a_real_one(string model, string ratio, double megabytes)
    {
        await using var caller = await Caller.Start(Caller.Fast with { SmallImages = false });

        var file = await caller.Draw("a red fox", model, ratio);

        Assert.That(file.Length / 1e6, Is.EqualTo(megabytes).Within(30).Percent);
        PngCheck.Read(file);
    }

    [TestCase(100_000)]
    [TestCase(1 << 20)]
    [TestCase(25_000_000)]
    public async Task A_file_can_be_filled_up_to_any_length_and_stays_a_valid_picture(int bytes)
    {
        await using var caller = await Caller.Start(Caller.Fast with { ImageBytes = bytes });

        var file = await caller.Draw("a red fox");

        Assert.That(file, Has.Length.EqualTo(bytes));
        PngCheck.Read(file);
    }

    [Test]
    public void A_file_is_as_long_as_it_says_however_it_is_filled_up()
    {
        var picture = new Picture("a red fox", "model", "1:1", Tier.Half, new PixelSize(512, 512), 1, 1, Seed: 1, Realistic: false);
        using var drawn = new PngFile(picture);
        // Around the size of one chunk of filling, and around nothing, where the frame of a chunk does not fit.
        foreach (var more in Enumerable.Range(-1, 30).Concat(Enumerable.Range((1 << 16) - 30, 60)))
        {
            using var file = new PngFile(picture, drawn.Length + more);
            Assert.That(file.Parts().Sum(part => (long)part.Length), Is.EqualTo(file.Length), $"{more} more");
            Assert.That(file.Length - drawn.Length, Is.EqualTo(more <= 0 ? 0 : Math.Max(more, 12)), $"{more} more");
        }
    }

    [TestCase(Caller.Model512, 12)]
    [TestCase(Caller.Model1K, 20)]
    [TestCase(Caller.Model4K, 80)] // Deflate cannot do better than 49 kB.
    public async Task A_small_picture_is_a_few_kB(string model, int kilobytesMax)
    {
        await using var caller = await Caller.Start();

        Assert.That((await caller.Draw("a red fox in the snow", model)).Length, Is.LessThan(kilobytesMax * 1000));
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task The_same_request_and_seed_give_the_same_bytes_in_another_simulator(bool small)
    {
        await using var one = await Caller.Start(Caller.Fast with { SmallImages = small });
        await using var other = await Caller.Start(Caller.Fast with { SmallImages = small });

        Assert.That(await one.Draw("a red fox"), Is.EqualTo(await other.Draw("a red fox")));
    }

    [Test]
    public async Task Another_prompt_seed_or_index_gives_another_picture()
    {
        await using var one = await Caller.Start();
        await using var other = await Caller.Start(Caller.Fast with { Seed = 2 });

        var urls = (await one.Generate("a red fox", num: 2)).Urls;
        var pictures = new List<PngCheck>
        {
            PngCheck.Read(await one.Draw("a red fox")),
            PngCheck.Read(await one.Draw("a red box")),
            PngCheck.Read(await other.Draw("a red fox")),
            PngCheck.Read(await one.Http.GetByteArrayAsync(urls[1])),
        };

        // Already the corner of the sky tells them apart.
        Assert.That(pictures.Select(picture => picture.At(0, 0)).Distinct().Count(), Is.EqualTo(pictures.Count));
    }

    [Test]
    public async Task A_picture_comes_with_its_type_and_length()
    {
        await using var caller = await Caller.Start(Caller.Fast with { SmallImages = false });
        var url = (await caller.Generate("a red fox")).Urls.Single();

        using var response = await caller.Http.GetAsync(url);

        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(response.Content.Headers.ContentType!.MediaType, Is.EqualTo("image/png"));
        Assert.That(response.Content.Headers.ContentLength, Is.EqualTo((await response.Content.ReadAsByteArrayAsync()).Length));
    }

    [Test]
    public void The_words_are_on_the_picture_and_nothing_else_depends_on_them()
    {
        var fox = Dots(Square() with { Prompt = "a red fox" });
        var box = Dots(Square() with { Prompt = "a red box" });

        var rows = Enumerable.Range(0, 256).Where(y => !fox.AsSpan(y * 768, 768).SequenceEqual(box.AsSpan(y * 768, 768))).ToList();

        Assert.That(rows, Has.Count.InRange(3, 7 * 2), "a letter has seven rows of one or two dots");
        Assert.That(rows[0], Is.GreaterThan(128), "the words stand in the lower half");
    }

    [TestCase("")]
    [TestCase("日本語 🦊 Ωmega naïve “quoted” – ×")]
    [TestCase("Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft")]
    public void Any_prompt_can_be_drawn(string prompt)
    {
        foreach (var ratio in new[] { "1:8", "1:1", "8:1" })
        {
            using var png = new PngFile(Square(ratio) with { Prompt = prompt });
            Assert.That(png.Parts().Sum(part => part.Length), Is.EqualTo(png.Length));
        }
    }

    [Test]
    public void A_prompt_too_long_for_the_picture_ends_with_an_ellipsis()
    {
        var lettering = Lettering.Of(Square() with { Prompt = string.Join(' ', Enumerable.Repeat("lighthouse", 60)) });

        Assert.That(lettering.Prompt[^1].Text, Does.EndWith("…"));
        Assert.That(lettering.Top, Is.GreaterThan(0));
    }

    [Test]
    public void A_4K_picture_needs_little_memory_while_it_is_written()
    {
        var picture = Square() with { Tier = Tier.Four, Size = new PixelSize(4096, 4096), Realistic = true };
        var before = GC.GetAllocatedBytesForCurrentThread();

        using var png = new PngFile(picture);
        var written = png.Parts().Sum(part => (long)part.Length);

        Assert.That(written, Is.EqualTo(png.Length).And.GreaterThan(14_000_000));
        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.LessThan(6_000_000));
    }

    private static Picture Square(string ratio = "1:1") =>
        new("", Caller.Model512, ratio, Tier.Half, Catalogue.Load().Size(ratio, Tier.Half), 1, 1, 7, Realistic: false);

    private static byte[] Dots(Picture picture)
    {
        using var canvas = Composition.Paint(picture);
        return [.. Enumerable.Range(0, canvas.Height).SelectMany(y => canvas.Row(y).ToArray())];
    }
}
