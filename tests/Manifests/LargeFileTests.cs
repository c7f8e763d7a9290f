using System.IO.Compression;
using System.Text;
using Pipeline.Http;
using Pipeline.Manifests.Reading;

namespace Pipeline.Tests.Manifests;

/// <summary>Files that are as large as they may be, and larger, in little memory.</summary>
[NonParallelizable]
public sealed class LargeFileTests
{
    private const long MemoryMax = 48 << 20;

    [TestCase(ManifestFormat.Json)]
    [TestCase(ManifestFormat.Lines)]
    public async Task A_file_of_50_000_jobs_and_190_MiB_is_read_in_constant_memory(ManifestFormat format)
    {
        const int Jobs = 50_000;
        var filler = new string('x', 3_900);
        await using var file = new Generated(Jobs, n => $"{{\"prompt\":\"Tile {n} {filler}\"}}", format);
        var head = await ReadManifestFile.Head(file, format, ReadFile.Catalogue, new OutgoingOptions(), default);
        Assert.That(head.Errors, Is.Empty);
        Assert.That(file.Given, Is.GreaterThan(185L << 20));

        await using var again = new Generated(Jobs, n => $"{{\"prompt\":\"Tile {n} {filler}\"}}", format);
        var (count, most, before) = (0, 0L, GC.GetTotalMemory(forceFullCollection: true));
        await foreach (var item in ReadManifestFile.Items(again, format, head, ReadFile.Catalogue, new OutgoingOptions(), [], default))
        {
            if (item is ManifestItem.Valid) count++;
            if (count % 5_000 == 0) most = Math.Max(most, GC.GetTotalMemory(forceFullCollection: true) - before);
        }

        Assert.That(count, Is.EqualTo(Jobs));
        Assert.That(most, Is.LessThan(MemoryMax));
    }

    [TestCase(ManifestFormat.Json)]
    [TestCase(ManifestFormat.Lines)]
    public async Task One_of_300_MB_is_read_no_further_than_it_may_be_long(ManifestFormat format)
    {
        await using var file = new Generated(30_000, n => $"{{\"prompt\":\"{new string('x', 10_000)}\"}}", format);

        var head = await ReadManifestFile.Head(file, format, ReadFile.Catalogue, new OutgoingOptions(), default);

        Assert.That(head.Errors.Single().Code, Is.EqualTo("too_large"));
        Assert.That(head.Errors.Single().Line, Is.InRange(20_900, 20_970));
        Assert.That(file.Given, Is.LessThan(202L << 20));
    }

    [Test]
    public async Task A_compressed_file_that_becomes_a_gigabyte_is_read_no_further_either()
    {
        using var bomb = new MemoryStream();
        await using (var gzip = new GZipStream(bomb, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var n = 0; n < 1024; n++) await gzip.WriteAsync(zeros);
        }

        var before = GC.GetTotalMemory(forceFullCollection: true);
        foreach (var format in Enum.GetValues<ManifestFormat>())
        {
            bomb.Position = 0;
            var head = await ReadManifestFile.Head(bomb, format, ReadFile.Catalogue, new OutgoingOptions(), default);
            Assert.That(head.Errors.Single().Code, Is.AnyOf("too_large", "invalid_json"));
            Assert.That(GC.GetTotalMemory(forceFullCollection: true) - before, Is.LessThan(MemoryMax));
        }
    }

    /// <summary>A file that is made while it is read.</summary>
    private sealed class Generated(int jobs, Func<int, string> job, ManifestFormat format) : Stream
    {
        private byte[] line = [];
        private int at;
        private int next = -1;

        public long Given { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => Given; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

        public override int Read(Span<byte> buffer)
        {
            while (at == line.Length)
            {
                if (next > jobs) return 0;
                (line, at) = (Encoding.UTF8.GetBytes(Line(next++)), 0);
            }

            var count = Math.Min(buffer.Length, line.Length - at);
            line.AsSpan(at, count).CopyTo(buffer);
            at += count;
            Given += count;
            return count;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span));

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        private string Line(int n) => (format, n) switch
        {
            (ManifestFormat.Json, -1) => "[",
            (ManifestFormat.Json, _) when n == jobs => "]",
            (ManifestFormat.Json, _) => job(n) + (n == jobs - 1 ? "\n" : ",\n"),
            (_, -1) => "",
            _ when n == jobs => "",
            _ => job(n) + "\n",
        };
    }
}
