using System.Net;
using System.Net.Http.Headers;
using System.Text;

namespace Pipeline.Tests.Local.ImageApi;

public sealed class FieldTests
{
    private const string Generate = "v1/images/generate";
    private const string Edit = "v1/images/edit";

    private Caller caller = null!;

    [OneTimeSetUp]
    public async Task Start() => caller = await Caller.Start();

    [OneTimeTearDown]
    public async Task Stop() => await caller.DisposeAsync();

    [TestCase(null)]
    [TestCase("wrong")]
    public async Task A_missing_or_wrong_key_is_401_in_the_shape_of_the_API(string? key)
    {
        using var http = new HttpClient { BaseAddress = caller.Api.Url };
        if (key is not null) http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);

        using var response = await http.PostAsync(Generate, Json("""{"prompt":"x","model":"y"}"""));

        var reply = await Caller.Reply.Read(response);
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.Unauthorized));
        Assert.That(reply.Code, Is.EqualTo(401));
        Assert.That(reply.Message, Is.EqualTo("Invalid API key"));
    }

    [TestCase(Generate, """{"model":"M"}""", "prompt is required")]
    [TestCase(Generate, """{"prompt":" ","model":"M"}""", "prompt must not be empty")]
    [TestCase(Generate, """{"prompt":7,"model":"M"}""", "prompt must be a string")]
    [TestCase(Generate, """{"prompt":"a"}""", "model is required")]
    [TestCase(Generate, """{"prompt":"a","model":"dall-e"}""", "unknown model 'dall-e'")]
    [TestCase(Generate, """{"prompt":"a","model":"M","num":0}""", "num must be a whole number from 1 to 9")]
    [TestCase(Generate, """{"prompt":"a","model":"M","num":10}""", "num must be a whole number from 1 to 9")]
    [TestCase(Generate, """{"prompt":"a","model":"M","num":1.5}""", "num must be a whole number from 1 to 9")]
    [TestCase(Generate, """{"prompt":"a","model":"M","num":"2"}""", "num must be a whole number from 1 to 9")]
    [TestCase(Generate, """{"prompt":"a","model":"M","image_size":"7:3"}""", "image_size must be one of 1:1,")]
    [TestCase(Generate, """{"prompt":"a","model":"M","image_size":16}""", "image_size must be one of 1:1,")]
    [TestCase(Generate, """{"prompt":"a","model":"M","service_tier":"gold"}""", "service_tier must be one of default, priority")]
    [TestCase(Generate, """{"prompt":"a","model":"M","thinking":3}""", "thinking must be a string or a boolean")]
    [TestCase(Generate, """{"prompt":"a","model":"M","search":[]}""", "search must be a string or a boolean")]
    [TestCase(Generate, """{"prompt":"a","model":"M","ref_images":"u"}""", "ref_images must be an array of strings")]
    [TestCase(Generate, """{"prompt":"a","model":"M","ref_images":[1]}""", "ref_images must be an array of strings")]
    [TestCase(Generate, """{"prompt":"a","model":"M","ref_images":["","","","","","","","","","",""]}""", "ref_images may have at most 10")]
    [TestCase(Generate, """{"prompt":"a","model":"M","image":"u"}""", "unknown field 'image'")]
    [TestCase(Generate, """{"prompt":"a","model":"M","size":"1K","n":2}""", "unknown field 'size'; unknown field 'n'")]
    [TestCase(Edit, """{"prompt":"a","model":"M"}""", "image is required")]
    [TestCase(Edit, """{"prompt":"a","model":"M","image":"u","ref_images":[]}""", "unknown field 'ref_images'")]
    [TestCase(Generate, """["prompt"]""", "must be a JSON object")]
    [TestCase(Generate, """{"prompt":""", "not JSON")]
    public async Task A_field_that_is_wrong_is_400_with_its_name(string route, string body, string message)
    {
        var withModel = body.Replace("\"M\"", $"\"{Caller.Model512}\"", StringComparison.Ordinal);

        using var response = await caller.Http.PostAsync(route, Json(withModel));

        var reply = await Caller.Reply.Read(response);
        Assert.That(reply.Status, Is.EqualTo(HttpStatusCode.BadRequest));
        Assert.That(reply.Code, Is.EqualTo(400));
        Assert.That(reply.Message, Does.Contain(message));
    }

    [Test]
    public async Task Everything_that_client_programs_send_is_accepted()
    {
        using var response = await caller.Post(new
        {
            prompt = "a",
            model = Caller.Model512,
            num = 2,
            image_size = "21:9",
            ref_images = Array.Empty<string>(),
            service_tier = "priority",
            thinking = "high",
            search = true,
        });

        var reply = await Caller.Reply.Read(response);
        Assert.That((reply.Status, reply.Code, reply.Message), Is.EqualTo((HttpStatusCode.OK, 0, "success")));
    }

    [Test]
    public async Task One_image_is_a_string_and_several_are_an_array()
    {
        var one = await caller.Generate("a");
        var nine = await caller.Generate("a", num: 9);

        Assert.That((one.Urls.Count, one.UrlIsArray), Is.EqualTo((1, false)));
        Assert.That((nine.Urls.Distinct().Count(), nine.UrlIsArray), Is.EqualTo((9, true)));
    }

    [Test]
    public async Task An_unknown_route_is_404_in_the_shape_of_the_API()
    {
        using var response = await caller.Post(new { }, "v1/images/upscale");

        Assert.That((await Caller.Reply.Read(response)).Message, Is.EqualTo("No such route: POST /v1/images/upscale"));
        Assert.That(response.StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
    }

    private static StringContent Json(string body) => new(body, Encoding.UTF8, "application/json");
}
