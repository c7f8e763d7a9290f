using System.Text;
using Pipeline.Manifests.Reading;

namespace Pipeline.Tests.Manifests;

/// <summary>A file with a job a line, and files in other encodings or compressed.</summary>
public sealed class ReadLinesFileTests
{
    private const string Jobs = "{\"prompt\":\"A cat\",\"num\":2}\n{\"num\":1,\"prompt\":\"Ein Bär\"}\n";

    [Test]
    public async Task Each_line_is_a_job_and_empty_ones_are_passed_over()
    {
        var read = await ReadFile.Lines("\r\n{\"prompt\":\"A cat\"}\r\n\n  \n{\"prompt\":\"A dog\"}");

        Assert.That(
            read.Valid.Select(job => (job.Index, job.Line, job.Request.Prompt)), Is.EqualTo(new[] { (0, 2L, "A cat"), (1, 5L, "A dog") }));
    }

    [Test]
    public async Task Its_first_line_may_be_its_head()
    {
        var read = await ReadFile.Lines(
            "{ \"manifest\": {\"name\":\"Autumn\",\"defaults\":{\"model\":\"4k\"},\"max_credits\":7}}\n{\"prompt\":\"A cat\"}");

        Assert.That((read.Head.Name, read.Head.MaxCredits), Is.EqualTo(("Autumn", (long?)7L)));
        Assert.That(read.Valid.Single().Request.Model.Tier, Is.EqualTo("4K"));
        Assert.That(read.Valid.Single().Index, Is.Zero);
    }

    [Test]
    public async Task A_broken_line_stops_no_other()
    {
        var read = await ReadFile.Lines(
            "{\"prompt\":\"A cat\"}\n{\"prompt\":\n[1]\n7\n{\"prompt\":\"\"}\n{\"prompt\":\"A dog\"} x\n{\"prompt\":\"A bird\"}\n");

        Assert.That(read.Valid.Select(job => (job.Index, job.Line)), Is.EqualTo(new[] { (0, 1L), (6, 7L) }));
        Assert.That(
            read.Faults,
            Is.EqualTo(new[] { "2  invalid_json", "3  wrong_type", "4  wrong_type", "5 /prompt out_of_range", "6  invalid_json" }));
    }

    [Test]
    public async Task Of_a_line_that_is_too_long_nothing_is_kept_and_the_others_run()
    {
        var read = await ReadFile.Lines(
            $"{{\"prompt\":\"A cat\"}}\n{{\"prompt\":\"{new string('x', 10 << 20)}\"}}\n{{\"prompt\":\"A dog\"}}\n");

        Assert.That(read.Valid.Select(job => (job.Index, job.Line)), Is.EqualTo(new[] { (0, 1L), (2, 3L) }));
        Assert.That(read.Faults, Is.EqualTo(new[] { "2  too_long" }));
    }

    [Test]
    public async Task Bytes_that_are_no_text_are_an_error_of_their_line()
    {
        var read = await ReadFile.From([.. "{\"prompt\":\"caf"u8, 0xE9, .. "\"}\n{\"prompt\":\"A cat\"}"u8], ManifestFormat.Lines);

        Assert.That((read.Valid.Count, string.Join(' ', read.Faults)), Is.EqualTo((1, "1  wrong_encoding")));
    }

    [TestCase("[\n{\"prompt\":\"A cat\"}\n]", "1  invalid_json", "name it .json")]
    [TestCase("{\n\"jobs\":[]}", "1  invalid_json", "name it .json")]
    [TestCase("{\"manifest\":{\"defaults\":{\"model\":\"4k\"}}\n{\"prompt\":\"A cat\"}", "1  invalid_json", "no JSON")]
    [TestCase("{\"manifest\":{\"default\":{}}}\n{\"prompt\":\"A cat\"}", "1 /manifest/default unknown_field", "defaults")]
    [TestCase("{\"manifest\":{\"defaults\":{\"num\":0}}}\n{\"prompt\":\"A cat\"}", "1 /manifest/defaults/num out_of_range", "from 1")]
    [TestCase("{\"manifest\":{},\"prompt\":\"A cat\"}", "1  not_allowed", "nothing else")]
    [TestCase("{\"manifest\":{\"name\":\"a\"}}\n\n", "1  required", "no jobs")]
    [TestCase("\n \n", "1  required", "no jobs")]
    public async Task A_file_that_cannot_be_understood_runs_nothing_and_says_why(string file, string fault, string wayOut)
    {
        var read = await ReadFile.Lines(file);

        Assert.That(read.Items, Is.Empty);
        Assert.That(read.Faults, Is.EqualTo(new[] { fault }));
        Assert.That(read.Errors.Single().Detail, Does.Contain(wayOut));
    }

    [Test]
    public async Task The_same_jobs_are_the_same_whatever_the_file()
    {
        var lines = Encoding.UTF8.GetBytes(Jobs);
        var json = Encoding.UTF8.GetBytes("{\"jobs\": [ {\"num\" : 2, \"prompt\":\"A cat\"}, {\"prompt\":\"Ein B\\u00e4r\",\"num\":1} ]}");

        var hashes = (await ReadFile.From(lines, ManifestFormat.Lines)).Valid.Select(job => job.Hash).ToList();

        Assert.That(hashes, Has.Count.EqualTo(2).And.Unique);
        foreach (var (file, format) in new (byte[], ManifestFormat)[]
        {
            (ReadFile.Gzip(lines), ManifestFormat.Lines), (json, ManifestFormat.Json), (ReadFile.Gzip(json), ManifestFormat.Json),
            ([.. ReadFile.Gzip(lines[..27]), .. ReadFile.Gzip(lines[27..])], ManifestFormat.Lines),
            ([0xEF, 0xBB, 0xBF, .. lines], ManifestFormat.Lines), (ReadFile.Gzip([0xEF, 0xBB, 0xBF, .. json]), ManifestFormat.Json),
        })
            Assert.That((await ReadFile.From(file, format)).Valid.Select(job => job.Hash), Is.EqualTo(hashes));
    }

    [TestCase("utf-16", true, "UTF-16, little-endian")]
    [TestCase("utf-16", false, "UTF-16, little-endian")]
    [TestCase("utf-16BE", true, "UTF-16, big-endian")]
    [TestCase("utf-16BE", false, "UTF-16, big-endian")]
    [TestCase("utf-32", true, "UTF-32")]
    [TestCase("utf-32", false, "UTF-32")]
    [TestCase("utf-32BE", true, "UTF-32")]
    [TestCase("utf-32BE", false, "UTF-32")]
    public async Task Another_encoding_is_named(string name, bool mark, string shown)
    {
        var encoding = Encoding.GetEncoding(name);
        byte[] file = [.. mark ? encoding.GetPreamble() : [], .. encoding.GetBytes(Jobs)];

        foreach (var format in Enum.GetValues<ManifestFormat>())
        {
            var error = (await ReadFile.From(file, format)).Errors.Single();
            Assert.That((error.Line, error.Code), Is.EqualTo((1L, "wrong_encoding")));
            Assert.That(error.Detail, Does.Contain(shown).And.Contain("UTF-8"));
        }
    }

    [Test]
    public async Task A_compressed_file_that_is_cut_off_or_damaged_is_refused()
    {
        var jobs = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Range(0, 5_000).Select(n => $"{{\"prompt\":\"Tile {n * 7919}\"}}\n")));
        var packed = ReadFile.Gzip(jobs);
        var damaged = packed.ToArray();
        damaged[^6] ^= 1;

        foreach (var file in (byte[][])[packed[..^1], packed[..^9], packed[..(packed.Length / 2)], damaged])
        {
            var read = await ReadFile.From(file, ManifestFormat.Lines);
            Assert.That((read.Items.Count, read.Errors.Single().Code), Is.EqualTo((0, "damaged_gzip")));
        }
    }
}
