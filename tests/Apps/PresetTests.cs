using System.Net.Http.Json;
using System.Text;
using System.Text.Json;

namespace Pipeline.Tests.Apps;

public sealed class PresetTests
{
    private App app = null!;
    private Account account = null!;

    [OneTimeSetUp]
    public async Task StartApp()
    {
        app = await App.Start();
        account = await app.NewAccount(credits: 1000);
    }

    [OneTimeTearDown]
    public async Task StopApp() => await app.DisposeAsync();

    [Test]
    public async Task A_preset_is_saved_read_listed_changed_and_forgotten()
    {
        Assert.That((int)(await Put("poster", """{"model":"2k"}""")).StatusCode, Is.EqualTo(201));
        var changed = await Put("poster", """{"model":"4k","image_size":"9:16"}""");
        Assert.That((int)changed.StatusCode, Is.EqualTo(200));
        var preset = await changed.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That(preset.GetProperty("fields").GetRawText(), Is.EqualTo("""{"model":"4k","image_size":"9:16"}"""));

        Assert.That((await account.GetJson("v1/presets/poster")).GetRawText(), Is.EqualTo(preset.GetRawText()));
        Assert.That(Names(await account.GetJson("v1/presets")), Does.Contain("poster"));

        Assert.That((int)(await Send(HttpMethod.Delete, "poster")).StatusCode, Is.EqualTo(204));
        Assert.That((int)(await Send(HttpMethod.Delete, "poster")).StatusCode, Is.EqualTo(404));
        Assert.That((int)(await account.Get("v1/presets/poster")).StatusCode, Is.EqualTo(404));
        Assert.That(Names(await account.GetJson("v1/presets")), Does.Not.Contain("poster"));
    }

    [Test]
    public async Task A_job_takes_a_presets_fields_and_its_own_win()
    {
        await Put("noir", """{"prompt":"A rainy street at night, seen from above.","model":"2k","image_size":"16:9","num":2}""");

        var plain = await account.Run(new { preset = "noir" });
        Assert.That(
            (Text(plain, "prompt"), Text(plain, "model"), Text(plain, "image_size"), plain.GetProperty("num").GetInt32()),
            Is.EqualTo(("A rainy street at night, seen from above.", "gemini-3.1-flash-image-preview-2k", "16:9", 2)));

        var own = await account.Run(new { preset = "noir", aspect_ratio = "1:1", num = 1, model = (string?)null });
        Assert.That(
            (Text(own, "model"), Text(own, "image_size"), own.GetProperty("num").GetInt32()),
            Is.EqualTo(("gemini-3.1-flash-image-preview-2k", "1:1", 1)));
    }

    [Test]
    public async Task Other_accounts_do_not_see_it()
    {
        await Put("mine", """{"model":"2k"}""");
        var other = await app.NewAccount(credits: 10);

        Assert.That((int)(await other.Get("v1/presets/mine")).StatusCode, Is.EqualTo(404));
        Assert.That(Names(await other.GetJson("v1/presets")), Is.Empty);
        await IsRefused(await other.Post("v1/jobs", new { prompt = "A cat on a red chair.", preset = "mine" }), "/preset");
    }

    [TestCase("Noir", """{"model":"2k"}""", "")]
    [TestCase("-noir", """{"model":"2k"}""", "")]
    [TestCase("noir", """{"model":"5k"}""", "/model")]
    [TestCase("noir", """{"modl":"2k"}""", "/modl")]
    [TestCase("noir", """{"preset":"other"}""", "/preset")]
    [TestCase("noir", """["2k"]""", "")]
    [TestCase("noir", """{"ref_images":["data:image/png;base64,AAAA"]}""", "")]
    public async Task What_no_job_could_have_is_not_saved(string name, string fields, string pointer)
    {
        await IsRefused(await Put(name, fields), pointer);
        Assert.That(Names(await account.GetJson("v1/presets")), Does.Not.Contain(name == "noir" ? "-" : name));
    }

    [Test]
    public async Task A_preset_is_of_limited_length()
    {
        var pairs = Enumerable.Range(0, 16).ToDictionary(i => $"{i:D64}", _ => new string('x', 512));

        await IsRefused(await Put("long", JsonSerializer.Serialize(new { prompt = new string('y', 9000), metadata = pairs })), "");
    }

    [Test]
    public async Task An_account_has_so_many_presets_and_no_more()
    {
        var full = await app.NewAccount(credits: 0);
        for (var i = 0; i < 100; i++) Assert.That((int)(await Put($"p{i}", "{}", full)).StatusCode, Is.EqualTo(201));

        await IsRefused(await Put("more", "{}", full), "");
        Assert.That((int)(await Put("p7", """{"num":2}""", full)).StatusCode, Is.EqualTo(200));
    }

    [TestCase("""{"prompt":"A cat on a red chair.","preset":"nowhere"}""")]
    [TestCase("""{"prompt":"A cat on a red chair.","preset":"../account"}""")]
    [TestCase("""{"prompt":"A cat on a red chair.","preset":7}""")]
    public async Task A_job_that_names_none_is_refused(string job) => await IsRefused(await account.PostText("v1/jobs", job), "/preset");

    private static async Task IsRefused(HttpResponseMessage answer, string pointer)
    {
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That((int)answer.StatusCode, Is.EqualTo(400), problem.ToString());
        Assert.That(problem.GetProperty("errors")[0].GetProperty("pointer").GetString(), Is.EqualTo(pointer));
    }

    private Task<HttpResponseMessage> Put(string name, string fields, Account? of = null) => app.Send(
        new HttpRequestMessage(HttpMethod.Put, $"v1/presets/{name}")
        {
            Content = new StringContent(fields, Encoding.UTF8, "application/json"),
        },
        (of ?? account).ApiKey);

    private Task<HttpResponseMessage> Send(HttpMethod method, string name) =>
        app.Send(new HttpRequestMessage(method, $"v1/presets/{name}"), account.ApiKey);

    private static string? Text(JsonElement json, string name) => json.GetProperty(name).GetString();

    private static IEnumerable<string?> Names(JsonElement list) =>
        list.GetProperty("data").EnumerateArray().Select(preset => Text(preset, "name"));
}
