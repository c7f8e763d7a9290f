using System.Net;
using System.Text;
using System.Text.Json;

namespace Pipeline.HostTests;

/// <summary>A job's way through the deployed app, and the answers of its HTTP functions.</summary>
public sealed class JobTests
{
    private DeployedApp app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await DeployedApp.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task A_job_is_worked_off_and_its_image_can_be_had()
    {
        var (_, key) = await app.NewAccount();
        using var posted = await app.Post("v1/jobs", new { prompt = "A lighthouse", num = 2, image_size = "16:9" }, key);
        var job = (await DeployedApp.Json(posted, 202)).GetProperty("id").GetString()!;

        var done = await app.Finished(job, key);

        Assert.That(done.GetProperty("status").GetString(), Is.EqualTo("succeeded"), done.ToString());
        using var image = await app.Get($"v1/jobs/{job}/images/0", key);
        Assert.That(image.StatusCode, Is.EqualTo(HttpStatusCode.Found), await image.Content.ReadAsStringAsync());
        using var http = new HttpClient();
        Assert.That((await http.GetByteArrayAsync(image.Headers.Location))[..4], Is.EqualTo(new byte[] { 0x89, 0x50, 0x4E, 0x47 }));
        var credits = await app.GetJson("v1/credits", key);
        Assert.That(credits.GetProperty("available").GetInt64(), Is.EqualTo(992), credits.ToString());
        Assert.That((await app.GetJson("v1/credits/verify", key)).GetProperty("ok").GetBoolean(), Is.True);
        var usage = await app.GetJson("v1/credits/usage", key);
        Assert.That(usage.GetProperty("total").GetProperty("images").GetInt32(), Is.EqualTo(2), usage.ToString());
        using var csv = await app.Send(HttpMethod.Get, "v1/credits/entries", null, key, ("Accept", "text/csv"));
        Assert.That(await csv.Content.ReadAsStringAsync(), Does.Contain($"capture,8,held,spent,{job}"));
    }

    [Test]
    public async Task A_job_is_waited_for()
    {
        var (_, key) = await app.NewAccount();
        using var posted = await app.Send(
            HttpMethod.Post, "v1/jobs", DeployedApp.JsonContent(new { prompt = "A fox", model = "512" }), key, ("Prefer", "wait=20"));
        var job = await DeployedApp.Json(posted, 200);
        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"), job.ToString());
    }

    [TestCase("POST", "v1/jobs", "{ not json", 400)]
    [TestCase("POST", "v1/jobs", """{ "prompt": "A cat", "image_size": "16x9" }""", 400)]
    [TestCase("POST", "v1/jobs", """{ "prompt": "A cat", "cancel": true }""", 400)]
    [TestCase("POST", "v1/jobs", """{ "prompt": "A cat", "request": "x", "id": "y" }""", 400)]
    [TestCase("GET", "v1/nowhere", null, 404)]
    [TestCase("PATCH", "v1/jobs", null, 404)]
    [TestCase("GET", "v1/jobs/job_x", null, 404)]
    [TestCase("GET", "v1/jobs/job_x/images/abc", null, 404)]
    [TestCase("GET", "v1/jobs/job_x/images/99999999999", null, 404)]
    [TestCase("GET", "v1/jobs?cancel=1", null, 400)]
    [TestCase("GET", "v1/jobs?cancel=abc", null, 400)]
    [TestCase("GET", "v1/jobs?request=abc", null, 400)]
    [TestCase("GET", "v1/jobs/job_x?id=other", null, 400)]
    [TestCase("GET", "v1/credits/usage?cancel=1", null, 400)]
    public async Task What_is_refused_is_a_problem(string method, string path, string? body, int status)
    {
        var (_, key) = await app.NewAccount();
        using var content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await app.Send(new HttpMethod(method), path, content, key);

        var text = await answer.Content.ReadAsStringAsync();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), text);
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
    }

    [Test]
    public async Task Without_a_key_nothing_is_done()
    {
        using var answer = await app.Send(HttpMethod.Get, "v1/jobs", null, null);
        Assert.That((int)answer.StatusCode, Is.EqualTo(401));
        Assert.That(answer.Content.Headers.ContentType?.MediaType, Is.EqualTo("application/problem+json"));
        using var wrong = await app.Get("v1/jobs", "nb_wrong");
        Assert.That((int)wrong.StatusCode, Is.EqualTo(401));
        using var operatorRoute = await app.Send(HttpMethod.Post, "v1/operator/accounts", null, null);
        Assert.That((int)operatorRoute.StatusCode, Is.EqualTo(401));
    }

    [TestCase(40)]
    [TestCase(90)]
    public async Task A_large_body_is_read_to_its_end(int megabytes)
    {
        var (_, key) = await app.NewAccount();
        var lines = string.Concat(Enumerable.Repeat(
            $$"""{ "prompt": "{{new string('x', 900)}}" }""" + "\n", megabytes * 1_000_000 / 920));
        using var content = new StringContent(lines, Encoding.UTF8, "application/x-ndjson");

        using var answer = await app.Send(HttpMethod.Post, "v1/manifests?dry_run=true", content, key);

        var report = await DeployedApp.Json(answer, 200);
        Assert.That(report.GetProperty("refusal_code").GetString(), Is.EqualTo(megabytes < 50 ? "insufficient_credits" : "too_many_jobs"));
    }

    [Test]
    public async Task It_answers_on_its_health_and_describes_itself()
    {
        using var health = await app.Send(HttpMethod.Get, "v1/health", null, null);
        Assert.That((int)health.StatusCode, Is.EqualTo(200));
        using var openApi = await app.Send(HttpMethod.Get, "v1/openapi.json", null, null);
        Assert.That(JsonElement.Parse(await openApi.Content.ReadAsStringAsync()).GetProperty("openapi").GetString(), Does.StartWith("3.1"));
    }
}
