using System.Net.Http.Json;
using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>What is refused, how, and that nothing is held for it.</summary>
public sealed class SubmitTests
{
    private App app = null!;
    private Account account = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        app = await App.Start();
        account = await app.NewAccount(credits: 100);
    }

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [TearDown]
    public async Task Nothing_was_held() => Assert.That((await account.Credits()).Available, Is.EqualTo(100));

    [TestCase("hello", 400, "invalid_json", null)]
    [TestCase("", 400, "invalid_json", null)]
    [TestCase("{\"prompt\":\"A cat\"", 400, "invalid_json", null)]
    [TestCase("{\"prompt\":\"A cat\",\"prompt\":\"A dog\"}", 400, "invalid_json", null)]
    [TestCase("{\"prompt\":\"A cat\",\"\\ud800\":1}", 400, "invalid_json", null)]
    [TestCase("{\"prompt\":\"\"}", 400, "invalid_request", "/prompt")]
    [TestCase("{\"prompt\":\"A cat\",\"model\":\"dall-e-3\"}", 400, "invalid_request", "/model")]
    [TestCase("{\"prompt\":\"A cat\",\"image_size\":\"16x9\"}", 400, "invalid_request", "/image_size")]
    [TestCase("{\"prompt\":\"A cat\",\"num\":0}", 400, "invalid_request", "/num")]
    [TestCase("{\"prompt\":\"A cat\",\"num\":10}", 400, "invalid_request", "/num")]
    [TestCase("{\"prompt\":\"A cat\",\"num\":\"2\"}", 400, "invalid_request", "/num")]
    [TestCase("{\"prompt\":\"A cat\",\"num\":1.5}", 400, "invalid_request", "/num")]
    [TestCase("{\"prompt\":\"A cat\",\"seed\":1}", 400, "unknown_field", "/seed")]
    [TestCase("[]", 400, "invalid_request", "")]
    public async Task A_bad_body_is_a_problem_with_status_code_and_pointer(string body, int status, string code, string? pointer) =>
        await IsProblem(await account.PostText("v1/jobs", body), status, code, pointer);

    [Test]
    public async Task A_prompt_of_a_megabyte_is_too_long() =>
        await IsProblem(await account.Post("v1/jobs", new { prompt = new string('x', 1 << 20) }), 400, "invalid_request", "/prompt");

    [TestCase("dry_run=1", "invalid_request", "?dry_run")]
    [TestCase("dry_run=", "invalid_request", "?dry_run")]
    [TestCase("dry_run=true&dry_run=false", "invalid_request", "?dry_run")]
    [TestCase("dryrun=true", "unknown_field", "?dryrun")]
    public async Task A_parameter_that_would_save_credits_and_is_mistyped_is_refused(string query, string code, string pointer) =>
        await IsProblem(await account.Post($"v1/jobs?{query}", new { prompt = "A cat" }), 400, code, pointer);

    [TestCase("wait=0")]
    [TestCase("wait=61")]
    [TestCase("wait")]
    public async Task A_time_that_nobody_waits_is_refused(string prefer) => await IsProblem(
        await account.PostWith(null, "v1/jobs", new { prompt = "A cat" }, ("Prefer", prefer)), 400, "invalid_request", "Prefer");

    [TestCase("wait=0", "invalid_request", "?wait")]
    [TestCase("wait=61", "invalid_request", "?wait")]
    [TestCase("timeout=5", "unknown_field", "?timeout")]
    public async Task A_job_is_not_asked_for_with_a_parameter_that_is_wrong(string query, string code, string pointer) =>
        await IsProblem(await account.Get($"v1/jobs/job_01m82b1mjcs76cjagt8m64atfn?{query}"), 400, code, pointer);

    [Test]
    public async Task An_answer_to_many_mistakes_stays_small()
    {
        var body = "{" + string.Join(',', Enumerable.Range(0, 100_000).Select(n => $"\"x{n}\":1")) + "}";

        var answer = await account.PostText("v1/jobs", body);

        Assert.That(await answer.Content.ReadAsStringAsync(), Has.Length.LessThan(20_000));
    }

    [Test]
    public async Task A_body_longer_than_ten_inline_images_is_not_read()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "v1/jobs");
        request.Content = JsonContent.Create(new string('x', 100_000_000));
        await request.Content.LoadIntoBufferAsync();
        // Whoever asks first need not send it to be told.
        request.Headers.ExpectContinue = true;

        await IsProblem(await app.Send(request, account.ApiKey), 413, "too_large");
    }

    [Test]
    public async Task A_large_body_that_is_no_job_is_told_so() =>
        await IsProblem(await account.Post("v1/jobs", new { prompt = new string('x', 8 << 20) }), 400, "invalid_request", "/prompt");

    [Test]
    public async Task A_body_that_says_it_is_a_form_is_refused_with_the_type_to_send() =>
        await IsProblem(
            await account.PostText("v1/jobs", "{\"prompt\":\"A cat\"}", "application/x-www-form-urlencoded"),
            415, "unsupported_media_type");

    [TestCase(null)]
    [TestCase("")]
    [TestCase("nb_")]
    [TestCase("nb_000000000000000000000000000000000000000000000000")]
    [TestCase("sk-anything")]
    public async Task Without_a_valid_key_nothing_is_told(string? key)
    {
        string[] paths = ["jobs/job_01m82b1mjcs76cjagt8m64atfn", "credits", "credits/entries", "credits/verify", "models", "manifests"];
        foreach (var path in paths)
        {
            var answer = await app.Send(new HttpRequestMessage(HttpMethod.Get, $"v1/{path}"), key);
            await IsProblem(answer, 401, "unauthorized");
            Assert.That(answer.Headers.WwwAuthenticate.ToString(), Is.EqualTo("Bearer"));
        }
    }

    [Test]
    public async Task More_than_is_available_is_refused_with_both_numbers()
    {
        var poor = await app.NewAccount(credits: 71);

        var answer = await poor.Post("v1/jobs", new { prompt = "A cat", num = 9, model = "4k" });
        var problem = await answer.Content.ReadFromJsonAsync<JsonElement>();

        await IsProblem(answer, 402, "insufficient_credits");
        Assert.That((problem.GetProperty("needed").GetInt64(), problem.GetProperty("available").GetInt64()), Is.EqualTo((72L, 71L)));
        Assert.That(await poor.Credits(), Is.EqualTo((71L, 0L, 0L)));
    }

    [TestCase("GET", "v1/nothing")]
    [TestCase("PUT", "v1/jobs")]
    [TestCase("DELETE", "v1/credits")]
    [TestCase("GET", "v1/jobs/not-an-id")]
    [TestCase("GET", "v1/jobs/job_01m82b1mjcs76cjagt8m64atfn")]
    [TestCase("GET", "v1/jobs/job_01m82b1mjcs76cjagt8m64atfn/images/0")]
    [TestCase("GET", "v1/manifests/mf_01m82b1mjcs76cjagt8m64atfn")]
    public async Task What_is_not_there_is_not_found(string method, string path) =>
        await IsProblem(await app.Send(new HttpRequestMessage(new HttpMethod(method), path), account.ApiKey), 404, "not_found");

    [TestCase("PUT", "v1/jobs", "There is no PUT /v1/jobs. It takes GET, POST.")]
    [TestCase("POST", "v1/jobs/job_01m82b1mjcs76cjagt8m64atfn/", "It takes DELETE, GET.")]
    [TestCase("GET", "v1/nothing", "There is no GET /v1/nothing. GET /v1/openapi.json")]
    public async Task A_wrong_method_is_told_the_right_ones(string method, string path, string detail)
    {
        var answer = await app.Send(new HttpRequestMessage(new HttpMethod(method), path), account.ApiKey);

        Assert.That((int)answer.StatusCode, Is.EqualTo(404));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain(detail));
    }

    [TestCase("v1/jobs", """{"prompt":"A cat","\u0070rompt":"A dog"}""", "The body has the field 'prompt' twice")]
    [TestCase("v1/jobs", """{"prompt":"A cat","metadata":{"a":"1","b":"2","a":"3"}}""", "The body has the field 'a' twice")]
    [TestCase("v1/jobs", """{"prompt":"A cat" "num":1}""", "at line 1, byte 19 of it")]
    [TestCase("v1/jobs", """{"prompt":"A cat \ud83d"}""", "'prompt' has half a surrogate pair in it")]
    [TestCase("v1/jobs", """{"prompt":7}""", "'prompt' must be a string, not 7.")]
    [TestCase("v1/jobs", """{"prompt":"A cat","edit_of":"job_01m82b1mjcs76cjagt8m64atfn"}""",
        "'edit_of' names a job, but not which of its images: 'job_01m82b1mjcs76cjagt8m64atfn/0' is its first.")]
    [TestCase("v1/jobs/job_01m82b1mjcs76cjagt8m64atfn/retry", """{"num":1}""", "'num' is not a field here: this takes no fields.")]
    public async Task A_refusal_says_what_to_change(string path, string body, string words)
    {
        var problem = await (await account.PostText(path, body)).Content.ReadFromJsonAsync<JsonElement>();

        Assert.That(problem.GetProperty("detail").GetString(), Does.Contain(words));
    }

    [TestCase("GET", "credits")]
    [TestCase("GET", "models")]
    [TestCase("GET", "presets")]
    [TestCase("GET", "presets/poster")]
    [TestCase("PUT", "presets/poster")]
    [TestCase("DELETE", "presets/poster")]
    [TestCase("GET", "jobs/job_01m82b1mjcs76cjagt8m64atfn/images/0")]
    [TestCase("GET", "manifests/mf_01m82b1mjcs76cjagt8m64atfn")]
    public async Task A_parameter_is_refused_by_what_takes_none(string method, string path)
    {
        var answer = await app.Send(new HttpRequestMessage(new HttpMethod(method), $"v1/{path}?size=2"), account.ApiKey);

        await IsProblem(answer, 400, "unknown_field", "?size");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("'size' is not a parameter here: this takes no parameters."));
    }

    [TestCase("limit=0", "?limit")]
    [TestCase("limit=1000", "?limit")]
    [TestCase("limit=x", "?limit")]
    [TestCase("kind=gift", "?kind")]
    [TestCase("cursor=-1", "?cursor")]
    public async Task A_bad_parameter_is_named(string query, string pointer) =>
        await IsProblem(await account.Get($"v1/credits/entries?{query}"), 400, "invalid_request", pointer);

    internal static async Task IsProblem(HttpResponseMessage answer, int status, string code, string? pointer = null)
    {
        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), text);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        var problem = JsonElement.Parse(text);
        Assert.Multiple(() =>
        {
            Assert.That(problem.GetProperty("code").GetString(), Is.EqualTo(code), text);
            Assert.That(problem.GetProperty("status").GetInt32(), Is.EqualTo(status));
            Assert.That(problem.GetProperty("type").GetString(), Is.EqualTo("/problems/" + code.Replace('_', '-')));
            Assert.That(problem.GetProperty("title").GetString(), Is.Not.Empty);
            Assert.That(problem.GetProperty("detail").GetString(), Is.Not.Empty);
            Assert.That(problem.GetProperty("instance").GetString(), Does.StartWith("/v1/"));
            Assert.That(problem.GetProperty("trace_id").GetString(), Has.Length.EqualTo(32));
            if (pointer is not null) Assert.That(problem.GetProperty("errors")[0].GetProperty("pointer").GetString(), Is.EqualTo(pointer));
        });
    }
}
