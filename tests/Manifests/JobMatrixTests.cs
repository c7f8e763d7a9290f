using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace Pipeline.Tests.Manifests;

/// <summary>Jobs that stand for many: each combination of a matrix is one.</summary>
public sealed class JobMatrixTests
{
    [Test]
    public async Task Each_combination_is_a_job_and_the_last_axis_changes_fastest()
    {
        var read = await ReadFile.Json("""
            [{"prompt":"A {animal} in {style}, {other}","custom_id":"{animal}-{style}","num":"{n}","metadata":{"a":"{style}"},
              "matrix":{"animal":["cat","dog"],"style":["ink","oil"],"n":[2]}},
             {"prompt":"A bird"}]
            """);

        Assert.That(read.Errors, Is.Empty);
        Assert.That(
            read.Valid.Select(job => (job.Index, job.Request.Prompt, job.Request.CustomId, job.Request.Num)),
            Is.EqualTo(new[]
            {
                (0, "A cat in ink, {other}", "cat-ink", 2), (1, "A cat in oil, {other}", "cat-oil", 2),
                (2, "A dog in ink, {other}", "dog-ink", 2), (3, "A dog in oil, {other}", "dog-oil", 2), (4, "A bird", (string?)null, 1),
            }));
        Assert.That(read.Valid[1].Request.Metadata["a"], Is.EqualTo("oil"));
    }

    [Test]
    public async Task A_value_is_put_in_as_it_is_and_not_looked_into()
    {
        var read = await ReadFile.Json("""[{"prompt":"{a} {b} {a}","matrix":{"a":["{b}","\"x\" \\ é"],"b":[1.50,true]}}]""");

        Assert.That(
            read.Valid.Select(job => job.Request.Prompt),
            Is.EqualTo(new[] { "{b} 1.50 {b}", "{b} True {b}", "\"x\" \\ é 1.50 \"x\" \\ é", "\"x\" \\ é True \"x\" \\ é" }));
    }

    [Test]
    public async Task Defaults_may_have_placeholders()
    {
        var read = await ReadFile.Json("""
            {"defaults":{"image_size":"{ratio}","prompt":"A cat"},
             "jobs":[{"matrix":{"ratio":["1:1","16:9","7:1"]}},{"prompt":"A dog","image_size":"1:1"}]}
            """);

        Assert.That(read.Valid.Select(job => job.Request.ImageSize), Is.EqualTo(new[] { "1:1", "16:9", "1:1" }));
        Assert.That(read.Faults, Is.EqualTo(new[] { "2 /jobs/0/image_size not_allowed" }));
    }

    [TestCase("[]", "/0/matrix wrong_type")]
    [TestCase("{}", "/0/matrix wrong_type")]
    [TestCase("""{"a":"cat"}""", "/0/matrix/a wrong_type")]
    [TestCase("""{"a":[]}""", "/0/matrix/a wrong_type")]
    [TestCase("""{"a":[null]}""", "/0/matrix/a wrong_type")]
    [TestCase("""{"a":[["cat"]]}""", "/0/matrix/a wrong_type")]
    [TestCase("""{"a":["cat","cat"]}""", "/0/matrix/a not_allowed")]
    [TestCase("""{"b":["cat"]}""", "/0/matrix/b not_allowed")]
    [TestCase("""{"a b":["cat"]}""", "/0/matrix/a b not_allowed")]
    [TestCase("""{"a":["cat"],"c1":[1],"c2":[1],"c3":[1],"c4":[1],"c5":[1],"c6":[1],"c7":[1],"c8":[1]}""", "/0/matrix wrong_type")]
    public async Task A_wrong_one_is_an_error_of_its_job(string matrix, string fault)
    {
        var read = await ReadFile.Json($$"""[{"prompt":"A {a}","matrix":{{matrix}} },{"prompt":"A bird"}]""");

        Assert.That(read.Faults, Is.EqualTo(new[] { "1 " + fault }));
        Assert.That(read.Valid.Single().Index, Is.EqualTo(1));
    }

    [Test]
    public async Task So_many_combinations_that_nobody_could_count_them_are_refused_at_once()
    {
        var axis = JsonSerializer.Serialize(Enumerable.Range(0, 1000));
        var axes = string.Join(',', Enumerable.Range(0, 8).Select(n => $"\"a{n}\":{axis}"));
        var prompt = string.Concat(Enumerable.Range(0, 8).Select(n => $"{{a{n}}}"));

        var read = await ReadFile.Json($$"""[{"prompt":"A bird"},{"prompt":"{{prompt}}","matrix":{ {{axes}} } }]""");

        Assert.That(read.Faults, Is.EqualTo(new[] { "1  too_many_jobs" }));
        Assert.That(read.Valid, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task What_a_small_file_becomes_is_bounded_as_the_file_is()
    {
        var values = JsonSerializer.Serialize(Enumerable.Range(0, 1000));
        var image = new string('A', 2 << 20);

        var read = await ReadFile.Json(
            $$"""[{"prompt":"{n} {m}","edit_of":"data:image/png;base64,{{image}}","matrix":{"n":{{values}},"m":[1,2,3]} }]""");

        Assert.That(read.Errors[^1].Code, Is.EqualTo("too_large"));
        Assert.That(read.Items, Has.Count.LessThan(110));
    }

    [Test]
    public void Every_combination_is_there_once() => Prop.ForAll(
        Gen.Choose(1, 5).ListOf(3).ToArbitrary(),
        sizes =>
        {
            var axes = sizes.Select((size, axis) => $"\"a{axis}\":{JsonSerializer.Serialize(Enumerable.Range(0, size))}");
            var file = $$"""[{"prompt":"{a0}-{a1}-{a2}","matrix":{ {{string.Join(',', axes)}} } }]""";
            var read = ReadFile.Json(file).GetAwaiter().GetResult();
            return read.Valid.Count == sizes.Aggregate(1, (product, size) => product * size)
                && read.Valid.Select(job => job.Request.Prompt).Distinct().Count() == read.Valid.Count
                && read.Valid.Select(job => job.Hash).Distinct().Count() == read.Valid.Count
                && read.Valid.Select(job => job.Index).SequenceEqual(Enumerable.Range(0, read.Valid.Count));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(200));
}
