using System.Text;
using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;

namespace Pipeline.Tests.Manifests;

public sealed class ReadManifestTests
{
    private static readonly Catalogue Catalogue = Catalogue.Load();

    private const string Good = """
        { "name": "Autumn",
          "jobs": [
            { "prompt": "A cat", "num": 2 },
            { "prompt": "A dog", "model": "4k", "custom_id": "dog" }
          ] }
        """;

    [Test]
    public void Its_jobs_are_read_in_order_with_their_lines()
    {
        var plan = Read(Good);

        Assert.That((plan.Name, plan.IsReadable, plan.Invalid, plan.Price), Is.EqualTo(("Autumn", true, 0, 16L)));
        Assert.That(
            plan.Jobs.Select(job => (job.Index, job.Line, job.Request.Prompt)), Is.EqualTo(new[] { (0, 3, "A cat"), (1, 4, "A dog") }));
    }

    [Test]
    public void A_bare_array_is_a_manifest_too() => Assert.That(Read("""[{"prompt":"A cat"}]""").Jobs, Has.Count.EqualTo(1));

    [Test]
    public void An_invalid_job_is_named_by_line_and_pointer_and_stops_no_other()
    {
        var plan = Read("""
            { "jobs": [
              { "prompt": "A cat" },
              { "prompt": "A dog", "num": 12,
                "size": "1:1" },
              { "prompt": "A bird" } ] }
            """);

        Assert.That(plan.Jobs.Select(job => job.Index), Is.EqualTo(new[] { 0, 2 }));
        Assert.That(plan.Invalid, Is.EqualTo(1));
        Assert.That(
            plan.Errors.Select(error => (error.Line, error.Pointer, error.Code)),
            Is.EqualTo(new[] { (3L, "/jobs/1/num", "out_of_range"), (3L, "/jobs/1/size", "unknown_field") }));
    }

    [Test]
    public void Half_a_character_in_an_image_is_an_error_of_its_job_alone()
    {
        var plan = Read("""[{"prompt":"A cat"},{"prompt":"A dog","edit_of":"data:image/png;base64,\ud800"}]""");

        Assert.That((plan.IsReadable, plan.Jobs.Count, plan.Invalid), Is.EqualTo((true, 1, 1)));
        Assert.That(plan.Errors.Single().Pointer, Is.EqualTo("/1/edit_of"));
    }

    [Test]
    public void A_byte_order_mark_is_passed_over() => Assert.That(Read("\ufeff" + Good).Jobs, Has.Count.EqualTo(2));

    [Test]
    public void A_job_with_a_name_twice_is_invalid() =>
        Assert.That(Read("""[{"prompt":"A cat","prompt":"A dog"},{"prompt":"A bird"}]"""), Has.Property("Invalid").EqualTo(1));

    [TestCase("", 1, "invalid_json")]
    [TestCase("hello", 1, "invalid_json")]
    [TestCase("7", 1, "wrong_type")]
    [TestCase("[\n{\"prompt\":\"A cat\"},\n{\"prompt\":", 3, "invalid_json")]
    [TestCase("[{\"prompt\":\"A cat\"}] trailing", 1, "invalid_json")]
    [TestCase("[]", 1, "required")]
    [TestCase("{}", 1, "required")]
    [TestCase("{\"jobs\":{}}", 1, "wrong_type")]
    [TestCase("{\"name\":\"\\ud800\",\"jobs\":[{\"prompt\":\"A cat\"}]}", 1, "wrong_type")]
    [TestCase("{\"name\":\"\\u0000\",\"jobs\":[{\"prompt\":\"A cat\"}]}", 1, "wrong_type")]
    [TestCase("{\"name\":7,\"jobs\":[{\"prompt\":\"A cat\"}]}", 1, "wrong_type")]
    [TestCase("{\n\"on_invalidd\":\"reject\",\"jobs\":[{\"prompt\":\"A cat\"}]}", 2, "unknown_field")]
    [TestCase("{\"jobs\":[{\"prompt\":\"A cat\"}],\"jobs\":[]}", 1, "not_allowed")]
    public void A_file_that_cannot_be_understood_runs_nothing_and_says_where(string file, int line, string code)
    {
        var plan = Read(file);

        Assert.That(plan.IsReadable, Is.False);
        Assert.That((plan.Errors[0].Line, plan.Errors[0].Code), Is.EqualTo(((long)line, code)));
    }

    [Test]
    public void A_file_that_is_not_UTF_8_runs_nothing()
    {
        var plan = ReadManifest.From([.. "[{\"prompt\":\"caf"u8, 0xE9, .. "\"}]"u8], Catalogue, []);

        Assert.That((plan.IsReadable, plan.Errors[0].Code), Is.EqualTo((false, "invalid_json")));
    }

    [Test]
    public void More_jobs_than_it_may_have_run_none()
    {
        var plan = Read("[" + string.Join(",", Enumerable.Repeat("""{"prompt":"A cat"}""", ReadManifest.JobsMax + 1)) + "]");

        Assert.That((plan.IsReadable, plan.Errors.Count), Is.EqualTo((false, 1)));
    }

    [Test]
    public void No_change_of_a_good_file_makes_it_fail()
    {
        var bytes = Encoding.UTF8.GetBytes(Good);
        var mutations = Gen.Choose(0, bytes.Length - 1).SelectMany(
            at => Gen.Choose(0, 255).SelectMany(value => Gen.Choose(0, 2).Select(kind => (at, (byte)value, kind))));

        Prop.ForAll(mutations.ToArbitrary(), mutation =>
        {
            var (at, value, kind) = mutation;
            byte[] file = kind switch
            {
                0 => [.. bytes[..at], value, .. bytes[(at + 1)..]],
                1 => bytes[..at],
                _ => [.. bytes[..at], value, .. bytes[at..]],
            };
            var plan = ReadManifest.From(file, Catalogue, []);
            return plan.Jobs.Count + plan.Invalid > 0 || !plan.IsReadable;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(3_000));
    }

    [Test]
    public void A_job_may_name_a_preset()
    {
        var preset = new Preset("noir", JsonElement.Parse("""{"model":"4k","image_size":"16:9","metadata":{"a":"1"}}"""), default);
        var file = """[{"prompt":"A cat","preset":"noir","aspect_ratio":"1:1","model":null},{"prompt":"A cat","preset":"noire"}]"""u8;

        var plan = ReadManifest.From(file, Catalogue, [preset]);

        var request = plan.Jobs.Single().Request;
        Assert.That((request.Model.Tier, request.ImageSize, request.Metadata["a"]), Is.EqualTo(("4K", "1:1", "1")));
        Assert.That(plan.Errors.Select(error => error.Pointer), Is.EqualTo(new[] { "/1/preset" }));
    }

    private static ManifestPlan Read(string file) => ReadManifest.From(Encoding.UTF8.GetBytes(file), Catalogue, []);
}
