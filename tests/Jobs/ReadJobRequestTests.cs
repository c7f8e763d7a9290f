using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class ReadJobRequestTests
{
    private static readonly Catalogue Catalogue = Catalogue.Load();

    [Test]
    public void A_prompt_is_enough()
    {
        var request = Read("""{"prompt":"A cat"}""", out var errors);

        Assert.That(errors, Is.Empty);
        Assert.That(
            (request!.Prompt, request.Model, request.Num, request.ImageSize, request.CustomId, request.Metadata.Count),
            Is.EqualTo(("A cat", Catalogue.Default, 1, "1:1", (string?)null, 0)));
    }

    [Test]
    public void All_fields_are_taken_as_they_are()
    {
        var request = Read(
            """
            {"prompt":"Zwei Katzen 🐈\nauf Kissen","model":"2k","num":9,"image_size":"21:9","custom_id":"a/b",
             "metadata":{"team":"ä","empty":""}}
            """,
            out _)!;

        Assert.That(request.Prompt, Is.EqualTo("Zwei Katzen 🐈\nauf Kissen"));
        Assert.That((request.Model.Tier, request.Num, request.ImageSize, request.CustomId), Is.EqualTo(("2K", 9, "21:9", "a/b")));
        Assert.That(request.Metadata, Is.EqualTo(new Dictionary<string, string> { ["team"] = "ä", ["empty"] = "" }));
    }

    [Test]
    public void Images_models_settings_and_deadlines_are_taken_in_every_form()
    {
        const string Job = "job_0123456789abcdefghjkmnpqrs";
        const string Reference = "ref_0123456789abcdefghjkmnpqrs";
        var request = Read(
            $$"""
            {"prompt":"A cat","aspect_ratio":"3:2","thinking":"high","search":["web","image"],"service_tier":"priority",
             "ref_images":["https://example.org/a.png","{{Reference}}",{"image":"{{Job}}/8","role":"character"}],
             "edit_of":"DATA:image/png;base64,AAAA","webhook_url":"https://example.org/hook","start_before_seconds":86400}
            """,
            out var errors)!;

        Assert.That(errors, Is.Empty);
        Assert.That((request.ImageSize, request.Thinking, request.ServiceTier), Is.EqualTo(("3:2", Thinking.High, ServiceTier.Priority)));
        Assert.That(request.Search, Is.EqualTo(new[] { SearchKind.Web, SearchKind.Image }));
        Assert.That(
            request.RefImages.Select(image => (image.Image.ToString(), image.Role)),
            Is.EqualTo(new (string?, ReferenceRole?)[]
            {
                ("https://example.org/a.png", null), (Reference, null), ($"{Job}/8", ReferenceRole.Character),
            }));
        Assert.That(request.EditOf, Is.TypeOf<ImageSource.Inline>());
        Assert.That((request.WebhookUrl, request.StartBefore), Is.EqualTo(("https://example.org/hook", TimeSpan.FromDays(1))));
    }

    [TestCase(10, 4, false, true)]
    [TestCase(11, 0, false, false)]
    [TestCase(10, 5, false, false)]
    [TestCase(9, 4, true, true)]
    [TestCase(10, 0, true, false)]
    public void So_many_images_go_along_and_no_more(int images, int characters, bool edits, bool valid)
    {
        var list = string.Join(',', Enumerable.Range(0, images).Select(
            i => $$"""{"image":"https://example.org/{{i}}.png","role":"{{(i < characters ? "character" : "style")}}"}"""));
        var edit = edits ? ""","edit_of":"https://example.org/e.png" """ : "";

        Assert.That(Read($$"""{"prompt":"A cat","ref_images":[{{list}}]{{edit}}}""", out _), valid ? Is.Not.Null : Is.Null);
    }

    [Test]
    public void A_field_that_is_null_counts_as_left_out() => Assert.That(
        Read("""{"prompt":"A cat","model":null,"num":null,"image_size":null,"custom_id":null,"metadata":null}""", out _), Is.Not.Null);

    [TestCase("""{}""", "/prompt", "required")]
    [TestCase("""{"prompt":null}""", "/prompt", "required")]
    [TestCase("""{"prompt":""}""", "/prompt", "out_of_range")]
    [TestCase("""{"prompt":" \n\t "}""", "/prompt", "out_of_range")]
    [TestCase("""{"prompt":7}""", "/prompt", "wrong_type")]
    [TestCase("""{"prompt":["A cat"]}""", "/prompt", "wrong_type")]
    [TestCase("""{"prompt":"\ud800"}""", "/prompt", "wrong_type")]
    [TestCase("""{"prompt":"A\u0000cat"}""", "/prompt", "not_allowed")]
    [TestCase("""{"prompt":"A cat","model":"dall-e"}""", "/model", "not_allowed")]
    [TestCase("""{"prompt":"A cat","model":4}""", "/model", "wrong_type")]
    [TestCase("""{"prompt":"A cat","image_size":"16x9"}""", "/image_size", "not_allowed")]
    [TestCase("""{"prompt":"A cat","num":0}""", "/num", "out_of_range")]
    [TestCase("""{"prompt":"A cat","num":10}""", "/num", "out_of_range")]
    [TestCase("""{"prompt":"A cat","num":-1}""", "/num", "out_of_range")]
    [TestCase("""{"prompt":"A cat","num":"2"}""", "/num", "wrong_type")]
    [TestCase("""{"prompt":"A cat","num":1.5}""", "/num", "wrong_type")]
    [TestCase("""{"prompt":"A cat","num":1e99}""", "/num", "wrong_type")]
    [TestCase("""{"prompt":"A cat","num":true}""", "/num", "wrong_type")]
    [TestCase("""{"prompt":"A cat","image_size":"1:1","aspect_ratio":"3:2"}""", "/aspect_ratio", "not_allowed")]
    [TestCase("""{"prompt":"A cat","aspect_ratio":"3x2"}""", "/aspect_ratio", "not_allowed")]
    [TestCase("""{"prompt":"A cat","ref_images":"https://example.org/a.png"}""", "/ref_images", "wrong_type")]
    [TestCase("""{"prompt":"A cat","ref_images":["a.png"]}""", "/ref_images/0", "not_allowed")]
    [TestCase("""{"prompt":"A cat","ref_images":["ftp://example.org/a.png"]}""", "/ref_images/0", "not_allowed")]
    [TestCase("""{"prompt":"A cat","ref_images":[7]}""", "/ref_images/0", "wrong_type")]
    [TestCase("""{"prompt":"A cat","ref_images":[{"role":"style"}]}""", "/ref_images/0/image", "required")]
    [TestCase("""{"prompt":"A cat","ref_images":[{"image":"https://example.org/a","role":"hero"}]}""", "/ref_images/0/role", "not_allowed")]
    [TestCase("""{"prompt":"A cat","ref_images":[{"image":"https://a.org/a","rol":"style"}]}""", "/ref_images/0/rol", "unknown_field")]
    [TestCase("""{"prompt":"A cat","edit_of":"job_1/0"}""", "/edit_of", "not_allowed")]
    [TestCase("""{"prompt":"A cat","edit_of":["ref_0123456789abcdefghjkmnpqrs"]}""", "/edit_of", "wrong_type")]
    [TestCase("""{"prompt":"A cat","thinking":"low"}""", "/thinking", "not_allowed")]
    [TestCase("""{"prompt":"A cat","thinking":true}""", "/thinking", "wrong_type")]
    [TestCase("""{"prompt":"A cat","search":"web"}""", "/search", "wrong_type")]
    [TestCase("""{"prompt":"A cat","search":["web","news"]}""", "/search/1", "not_allowed")]
    [TestCase("""{"prompt":"A cat","search":["web","image","web"]}""", "/search", "too_long")]
    [TestCase("""{"prompt":"A cat","service_tier":"fast"}""", "/service_tier", "not_allowed")]
    [TestCase("""{"prompt":"A cat","webhook_url":"example.org"}""", "/webhook_url", "not_allowed")]
    [TestCase("""{"prompt":"A cat","start_before_seconds":0}""", "/start_before_seconds", "out_of_range")]
    [TestCase("""{"prompt":"A cat","start_before_seconds":86401}""", "/start_before_seconds", "out_of_range")]
    [TestCase("""{"prompt":"A cat","custom_id":"a\nb"}""", "/custom_id", "not_allowed")]
    [TestCase("""{"prompt":"A cat","metadata":[]}""", "/metadata", "wrong_type")]
    [TestCase("""{"prompt":"A cat","metadata":{"a/b~c":1}}""", "/metadata/a~1b~0c", "wrong_type")]
    [TestCase("""{"prompt":"A cat","metadata":{"a":"b\nc"}}""", "/metadata/a", "not_allowed")]
    [TestCase("""{"prompt":"A cat","promt":"A dog"}""", "/promt", "unknown_field")]
    [TestCase("""{"prompt":"A cat","Prompt":"A dog"}""", "/Prompt", "unknown_field")]
    [TestCase("""[{"prompt":"A cat"}]""", "", "wrong_type")]
    [TestCase("\"A cat\"", "", "wrong_type")]
    [TestCase("null", "", "wrong_type")]
    public void What_is_wrong_is_named_by_pointer_and_code(string json, string pointer, string code)
    {
        var request = Read(json, out var errors);

        Assert.That(request, Is.Null);
        Assert.That(errors.Select(error => (error.Pointer, error.Code)), Is.EqualTo(new[] { (pointer, code) }));
    }

    [Test]
    public void Everything_that_is_wrong_is_told_at_once()
    {
        Read("""{"num":0,"image_size":"16x9","seed":1}""", out var errors);

        Assert.That(errors.Select(error => error.Pointer), Is.EquivalentTo(new[] { "/prompt", "/num", "/image_size", "/seed" }));
    }

    [TestCase("prompt", 20_000)]
    [TestCase("custom_id", 64)]
    public void A_text_may_have_its_length_and_no_more(string field, int lengthMax)
    {
        Read(With(field, new string('x', lengthMax)), out var fitting);
        Read(With(field, new string('x', lengthMax + 1)), out var tooLong);

        Assert.That(fitting, Is.Empty);
        Assert.That(tooLong.Select(error => (error.Pointer, error.Code)), Is.EqualTo(new[] { ("/" + field, "too_long") }));

        static string With(string field, string value) =>
            JsonSerializer.Serialize(new Dictionary<string, string> { ["prompt"] = "A cat", [field] = value });
    }

    [TestCase('a', 2000, true)]
    [TestCase('a', 2048, false)]
    [TestCase('é', 400, false)]
    public void An_address_is_measured_as_it_is_stored(char letter, int letters, bool fits)
    {
        var url = "https://example.org/" + new string(letter, letters);

        Read(JsonSerializer.Serialize(new { prompt = "A cat", ref_images = new[] { url } }), out var errors);

        Assert.That(errors.Select(error => error.Pointer), Is.EqualTo(fits ? [] : new[] { "/ref_images/0" }));
    }

    [TestCase(19_900, null, true)]
    [TestCase(20_000, null, true)]
    [TestCase(19_900, "style", true)]
    [TestCase(19_960, "style", false)]
    public void A_prompt_leaves_room_for_the_sentences_about_roles(int length, string? role, bool fits)
    {
        var references = new[] { new { image = "ref_0123456789abcdefghjkmnpqrs", role } };

        Read(JsonSerializer.Serialize(new { prompt = new string('x', length), ref_images = references }), out var errors);

        Assert.That(errors.Select(error => (error.Pointer, error.Code)), Is.EqualTo(fits ? [] : new[] { ("/prompt", "too_long") }));
    }

    [TestCase(16, 64, 512, 0)]
    [TestCase(17, 1, 1, 1)]
    [TestCase(1, 65, 1, 1)]
    [TestCase(1, 1, 513, 1)]
    public void Metadata_has_limits_on_pairs_keys_and_values(int pairs, int keyLength, int valueLength, int expected)
    {
        var metadata = Enumerable.Range(0, pairs)
            .ToDictionary(n => $"{(char)('a' + n)}".PadRight(keyLength, 'k'), _ => new string('v', valueLength));

        Read(JsonSerializer.Serialize(new { prompt = "A cat", metadata }), out var errors);

        Assert.That(errors, Has.Count.EqualTo(expected));
    }

    private static JobRequest? Read(string json, out IReadOnlyList<FieldError> errors) =>
        ReadJobRequest.From(JsonElement.Parse(json), "", Catalogue, out errors);
}
