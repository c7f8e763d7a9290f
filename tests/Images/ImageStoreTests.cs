using System.Buffers.Binary;
using Pipeline.Images;
using Pipeline.Storage;
using Pipeline.Tests.Http;
using Pipeline.Tests.Local.ImageApi;

namespace Pipeline.Tests.Images;

/// <summary>Images from their URL into storage, with all that can be wrong on the way.</summary>
public sealed class ImageStoreTests
{
    private const string Unbounded = "HTTP/1.0 200 OK\r\n\r\n";
    private const string BrokeOff = "The image's download broke off.";
    private const string NotWhole = "What was behind the image's URL is no whole PNG, JPEG or WebP file.";
    private static readonly byte[] Picture = TestPicture.Png(1024, 1024);

    private TestStore store = null!;

    [OneTimeSetUp]
    public async Task Open() => store = await TestStore.Open();

    [OneTimeTearDown]
    public void Close() => store.Dispose();

    [TestCase("png")]
    [TestCase("jpg")]
    [TestCase("webp")]
    public async Task An_image_that_ends_before_its_announced_length_is_not_stored(string type)
    {
        var picture = Of(type);

        // All of it is there and would pass for whole: only the length tells that something is missing.
        await IsRefused($"HTTP/1.1 200 OK\r\nContent-Length: {picture.Length + 1}\r\n\r\n", picture, BrokeOff);
        await IsRefused($"HTTP/1.1 200 OK\r\nContent-Length: {picture.Length}\r\n\r\n", picture[..^1], BrokeOff);
    }

    [TestCase("png")]
    [TestCase("jpg")]
    [TestCase("webp")]
    public async Task An_image_whose_chunks_break_off_is_not_stored(string type) => await IsRefused(
        $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{Of(type).Length:x}\r\n", [.. Of(type), .. "\r\n"u8], BrokeOff);

    [TestCase("png", 1)]
    [TestCase("png", 12)]
    [TestCase("jpg", 1)]
    [TestCase("jpg", 2)]
    [TestCase("webp", 1)]
    [TestCase("webp", 100)]
    public async Task A_file_without_its_end_is_not_stored_where_no_length_was_announced(string type, int missing) =>
        await IsRefused(Unbounded, Of(type)[..^missing], NotWhole);

    [TestCase("png")]
    [TestCase("jpg")]
    [TestCase("webp")]
    public async Task A_whole_file_is_stored_as_it_came_where_no_length_was_announced(string type)
    {
        var folder = TestStore.Folder();

        var outcome = await store.Store(Unbounded, Of(type), folder);

        Assert.That(outcome, Is.TypeOf<StoreOutcome.Stored>());
        Assert.That(await store.Content(folder, $"0.{type}"), Is.EqualTo(Of(type)));
    }

    [Test]
    public async Task A_page_in_place_of_an_image_is_not_stored() => await IsRefused(Unbounded, [.. "<html></html>"u8], NotWhole);

    [Test]
    public async Task An_image_over_the_limit_is_given_up() => await IsRefused(
        Unbounded, TestPicture.Png(bytes: (1 << 20) + 1), $"The image is larger than {1 << 20:N0} bytes.",
        new ImageApiOptions { ImageBytesMax = 1 << 20 });

    [TestCase(1024, 1024, "1:1", "1K", null)]
    [TestCase(1024, 1024, "1:1", "4K", "The image has 1024x1024 pixels; 4K at 1:1 should have 4096x4096.")]
    [TestCase(1024, 1025, "1:1", "1K", "The image has 1024x1025 pixels; 1K at 1:1 should have 1024x1024.")]
    [TestCase(792, 168, "21:9", "512", null)]
    [TestCase(792, 168, "21:9", "1K", "The image has 792x168 pixels; 1K at 21:9 should have 1584x672.")]
    [TestCase(792, 168, "1:1", "512", "The image has 792x168 pixels; 512 at 1:1 should have 512x512.")]
    public async Task Of_the_wrong_size_it_is_kept_or_not_as_the_setting_says(
        int width, int height, string ratio, string tier, string? fault)
    {
        var picture = TestPicture.Png(width, height);
        var (kept, strict) = (TestStore.Folder(tier, ratio), TestStore.Folder(tier, ratio));

        await store.Store(picture, kept);
        var outcome = await store.Store(
            Unbounded, picture, strict, options: new ImageApiOptions { SizeMismatch = SizeMismatch.Fail });

        Assert.That(await store.Names(kept), Has.Count.EqualTo(2));
        Assert.That((outcome as StoreOutcome.Invalid)?.Detail, Is.EqualTo(fault));
        Assert.That(await store.Names(strict), Has.Count.EqualTo(fault is null ? 2 : 0));
    }

    [Test]
    public async Task With_the_prompt_in_it_its_hash_and_length_are_those_of_the_file_as_stored()
    {
        await using var caller = await Caller.Start();
        var picture = await caller.Draw("a red fox", Caller.Model1K);
        var folder = TestStore.Folder();
        // As large as is allowed: what is added does not count.
        var outcome = await store.Store(
            Unbounded, [.. picture[..^12], .. Filler((1 << 20) - picture.Length), .. picture[^12..]], folder,
            options: new ImageApiOptions { ImageBytesMax = 1 << 20 }, outputs: new OutputOptions { EmbedPrompt = true });

        var file = await store.Content(folder, "0.png");
        var image = ((StoreOutcome.Stored)outcome).Image;
        Assert.That((image.Bytes, image.Sha256), Is.EqualTo((file.LongLength, TestPicture.Sha256(file))));
        Assert.That(file.Length, Is.EqualTo((1 << 20) + PngText.ChunksOf(folder.Request).Length));
    }

    [Test]
    public async Task No_more_images_are_downloaded_at_once_than_the_setting_says_and_all_come()
    {
        const int max = 3;
        var (now, most, count) = (0, 0, new object());
        var servers = Enumerable.Range(0, 12).Select(_ => new Listener(async stream =>
        {
            lock (count) most = Math.Max(most, ++now);
            await Task.Delay(50);
            lock (count) now--;
            await TestStore.Saying(Unbounded, Picture)(stream);
        })).ToList();
        using var bounded = store.With(outputs: new OutputOptions { DownloadsMax = max });

        var outcomes = await Task.WhenAll(
            servers.Select(server => bounded.Store(new Uri(server.Url), 0, TestStore.Folder(), "", CancellationToken.None)));
        foreach (var server in servers) await server.DisposeAsync();

        Assert.That(outcomes, Is.All.TypeOf<StoreOutcome.Stored>());
        Assert.That(most, Is.EqualTo(max));
    }

    [Test]
    public async Task A_download_that_hangs_is_given_up_after_the_time_of_its_tier_and_waiting_behind_it_does_not_count()
    {
        var time = new MovedTime();
        var asked = new TaskCompletionSource();
        await using var hanging = new Listener(async stream =>
        {
            asked.SetResult();
            // Until the client leaves.
            while (await stream.ReadAsync(new byte[100]) > 0) await Task.Yield();
        });
        await using var quick = new Listener(TestStore.Saying(Unbounded, Picture));
        using var narrow = store.With(outputs: new OutputOptions { DownloadsMax = 1 }, time: time);

        var first = narrow.Store(new Uri(hanging.Url), 0, TestStore.Folder(), "", CancellationToken.None);
        await asked.Task;
        var second = narrow.Store(new Uri(quick.Url), 0, TestStore.Folder(), "", CancellationToken.None);
        time.Move(TimeSpan.FromSeconds(90));

        Assert.That((await first as StoreOutcome.Invalid)?.Detail, Is.EqualTo("The image could not be downloaded within 90 s."));
        Assert.That(await second, Is.TypeOf<StoreOutcome.Stored>());
    }

    [Test]
    public async Task A_URL_that_is_dead_is_no_image_and_nobodys_end()
    {
        await IsRefused("HTTP/1.0 404 Not Found\r\n\r\n", [], "The image's URL answered 404.");
        using var direct = store.With();
        var outcome = await direct.Store(new Uri("http://127.0.0.1:1/"), 0, TestStore.Folder(), "", CancellationToken.None);
        Assert.That((outcome as StoreOutcome.Invalid)?.Detail, Is.EqualTo(BrokeOff));
    }

    [TestCase("HTTP/1.0 503 Busy\r\n\r\n", 3, true)]
    [TestCase("HTTP/1.0 404 Not Found\r\n\r\n", 1, true)]
    [TestCase("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", 1, true)]
    [TestCase("HTTP/1.0 200 OK\r\n\r\n<html>", 1, true)]
    [TestCase("HTTP/1.0 503 Busy\r\n\r\n", 4, false)]
    [TestCase("HTTP/1.0 403 Expired\r\n\r\n", 1, false)]
    public async Task A_download_that_fails_is_tried_again_if_it_may_pass_for_the_image_is_paid_for(string fault, int faults, bool isStored)
    {
        var tries = 0;
        await using var server = new Listener(stream =>
            (Interlocked.Increment(ref tries) <= faults ? TestStore.Saying(fault, []) : TestStore.Saying(Unbounded, Picture))(stream));
        using var direct = store.With();

        var outcome = await direct.Store(new Uri(server.Url), 0, TestStore.Folder(), "", CancellationToken.None);

        Assert.That(outcome is StoreOutcome.Stored, Is.EqualTo(isStored));
        Assert.That(tries, Is.EqualTo(isStored ? faults + 1 : faults));
    }

    private async Task IsRefused(string head, byte[] body, string detail, ImageApiOptions? options = null)
    {
        var folder = TestStore.Folder();
        var outcome = await store.Store(head, body, folder, options: options);

        Assert.That((outcome as StoreOutcome.Invalid)?.Detail, Is.EqualTo(detail));
        Assert.That(await store.Names(folder), Is.Empty);
    }

    /// <summary>A PNG chunk that says nothing, so many bytes long in all.</summary>
    private static byte[] Filler(int bytes)
    {
        var chunk = new byte[bytes];
        BinaryPrimitives.WriteInt32BigEndian(chunk, bytes - 12);
        "prIv"u8.CopyTo(chunk.AsSpan(4));
        return chunk;
    }

    private static byte[] Of(string type)
    {
        if (type == "png") return Picture;
        if (type == "jpg") return TestPicture.Jpeg(1024, 1024);
        byte[] webp = [.. TestPicture.Webp(1024, 1024), .. new byte[200]];
        BinaryPrimitives.WriteInt32LittleEndian(webp.AsSpan(4), webp.Length - 8);
        return webp;
    }
}
