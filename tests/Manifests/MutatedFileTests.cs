using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Pipeline.Manifests.Reading;

namespace Pipeline.Tests.Manifests;

/// <summary>Whatever is done to a good file, and however its bytes arrive, it is read or refused; and always in the same way.</summary>
public sealed class MutatedFileTests
{
    private const string Json = """
        { "name": "Autumn", "max_credits": 70,
          "jobs": [
            { "prompt": "A {animal}", "num": 2, "matrix": { "animal": ["cat", "Bär"] } },
            { "prompt": "A d\u00f6g", "model": "4k", "custom_id": "dog" }
          ], "defaults": { "model": "2k" } }
        """;

    private const string Lines = """
        {"manifest":{"name":"Autumn","defaults":{"model":"2k"}}}
        {"prompt":"A {animal}","num":2,"matrix":{"animal":["cat","Bär"]}}

        {"prompt":"A d\u00f6g","model":"4k","custom_id":"dog"}
        """;

    [TestCase(Json, ManifestFormat.Json)]
    [TestCase(Lines, ManifestFormat.Lines)]
    public void No_change_of_a_good_file_makes_its_reader_fail(string text, ManifestFormat format)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Prop.ForAll(Mutations(bytes).ToArbitrary(), file =>
        {
            var read = ReadFile.From(file, format).GetAwaiter().GetResult();
            return read.Items.Count > 0 != read.Head.Errors.Count > 0 && read.Errors.All(error => error.Line >= 1);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [TestCase(Json, ManifestFormat.Json)]
    [TestCase(Lines, ManifestFormat.Lines)]
    public void Nor_does_a_change_of_a_compressed_one(string text, ManifestFormat format)
    {
        var bytes = ReadFile.Gzip(Encoding.UTF8.GetBytes(text));
        Prop.ForAll(Mutations(bytes).ToArbitrary(), file =>
        {
            var read = ReadFile.From(file, format).GetAwaiter().GetResult();
            return read.Items.Count > 0 != read.Head.Errors.Count > 0;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(2_000));
    }

    [TestCase(Json, ManifestFormat.Json)]
    [TestCase(Lines, ManifestFormat.Lines)]
    public void It_is_the_same_file_however_its_bytes_arrive(string text, ManifestFormat format)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        Prop.ForAll(Mutations(bytes).ToArbitrary(), Gen.Elements(1, 2, 3, 7, 64).ToArbitrary(), (file, chunk) =>
        {
            var whole = ReadFile.From(file, format).GetAwaiter().GetResult();
            var drop = ReadFile.From(() => new Trickle(file, chunk), format).GetAwaiter().GetResult();
            Assert.That(drop.Errors, Is.EqualTo(whole.Errors));
            Assert.That(Jobs(drop), Is.EqualTo(Jobs(whole)));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1_000));
    }

    private static IEnumerable<(int, long, UInt128)> Jobs(ReadFile read) => read.Valid.Select(job => (job.Index, job.Line, job.Hash));

    private static Gen<byte[]> Mutations(byte[] bytes) =>
        from at in Gen.Choose(0, bytes.Length - 1)
        from value in Gen.Choose(0, 255)
        from kind in Gen.Choose(0, 4)
        from length in Gen.Choose(1, 20)
        select (byte[])(kind switch
        {
            0 => [.. bytes[..at], (byte)value, .. bytes[(at + 1)..]],
            1 => bytes[..at],
            2 => [.. bytes[..at], (byte)value, .. bytes[at..]],
            3 => [.. bytes[..at], .. bytes[Math.Min(bytes.Length, at + length)..]],
            _ => [.. bytes[..at], .. bytes[at..Math.Min(bytes.Length, at + length)], .. bytes[at..]],
        });

    /// <summary>A stream that gives so many bytes at a time.</summary>
    private sealed class Trickle(byte[] bytes, int chunk) : MemoryStream(bytes)
    {
        public override int Read(byte[] buffer, int offset, int count) => base.Read(buffer, offset, Math.Min(count, chunk));

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            base.ReadAsync(buffer[..Math.Min(buffer.Length, chunk)], cancellationToken);
    }
}
