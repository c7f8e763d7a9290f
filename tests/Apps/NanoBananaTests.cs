using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Images;

namespace Pipeline.Tests.Apps;

/// <summary>Programs that were written for the NanoBanana API, with another base URL.</summary>
public sealed class NanoBananaTests
{
    private const string Prompt = "A lighthouse in a storm.";

    /// <summary>Reads BASE_URL, API_KEY and the request from its environment, as such programs do, and prints the answer.</summary>
    private static readonly Dictionary<string, string[]> Clients = new()
    {
        ["curl"] =
            [
                "-sS", "--fail-with-body", "-H", "Authorization: Bearer $API_KEY", "-H", "Content-Type: application/json",
                "-d", "$BODY", "$BASE_URL/v1/images/$ROUTE",
            ],
        ["node"] =
            [
                "-e",
                """
                const { BASE_URL, API_KEY, ROUTE, BODY } = process.env;
                const answer = await fetch(`${BASE_URL}/v1/images/${ROUTE}`, {
                    method: 'POST',
                    headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' },
                    body: BODY,
                });
                if (!answer.ok) process.exitCode = 1;
                process.stdout.write(await answer.text());
                """,
                "--input-type=module",
            ],
        ["python3"] =
            [
                "-c",
                """
                import os, sys, urllib.request
                request = urllib.request.Request(
                    os.environ['BASE_URL'] + '/v1/images/' + os.environ['ROUTE'], data=os.environ['BODY'].encode(),
                    headers={'Authorization': 'Bearer ' + os.environ['API_KEY'], 'Content-Type': 'application/json'})
                with urllib.request.urlopen(request, timeout=60) as answer:
                    sys.stdout.write(answer.read().decode())
                """,
            ],
    };

    private App app = null!;
    private Account account = null!;

    private static IEnumerable<string> ClientNames => Clients.Keys;

    [OneTimeSetUp]
    public async Task StartApp()
    {
        app = await App.Start();
        account = await app.NewAccount(credits: 1000);
    }

    [OneTimeTearDown]
    public async Task StopApp() => await app.DisposeAsync();

    [Test]
    public async Task One_image_comes_as_a_string([ValueSource(nameof(ClientNames))] string client)
    {
        var answer = await Call(client, "generate", new { prompt = Prompt, model = "gemini-3.1-flash-image-preview-512" });

        Assert.That((answer.GetProperty("code").GetInt32(), Text(answer, "message")), Is.EqualTo((0, "success")));
        await IsImage(answer.GetProperty("data").GetProperty("url"), 512);
        Assert.That(Text(await account.Job(Text(answer, "job")), "status"), Is.EqualTo("succeeded"));
    }

    [Test]
    public async Task Nine_images_come_as_a_list([ValueSource(nameof(ClientNames))] string client)
    {
        var answer = await Call(
            client, "generate", new { prompt = Prompt, model = "gemini-3.1-flash-image-preview", num = 9, image_size = "1:1" });

        var urls = answer.GetProperty("data").GetProperty("url");
        Assert.That(urls.GetArrayLength(), Is.EqualTo(9));
        foreach (var url in urls.EnumerateArray()) await IsImage(url, 1024);
    }

    [Test]
    public async Task Of_several_images_those_that_came_are_answered()
    {
        var answer = await Post("generate", new { prompt = $"{Prompt} [[fault:fewer]]", num = 2 });

        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That((int)answer.StatusCode, Is.EqualTo(200), body.ToString());
        if (Text(body, "message") == "success") Assert.That(body.GetProperty("data").GetProperty("url").GetArrayLength(), Is.EqualTo(2));
        else Assert.That(body.GetProperty("data").GetProperty("url").GetArrayLength(), Is.EqualTo(1));
        await account.BooksAreRight();
    }

    [TestCase("safety", 400, "content_rejected")]
    [TestCase("400", 400, "upstream_rejected")]
    [TestCase("empty", 503, "no_image")]
    public async Task A_job_that_fails_is_an_error_with_its_id(string fault, int status, string code)
    {
        var answer = await Post("generate", new { prompt = $"{Prompt} [[fault:{fault}]]" });

        var body = await IsError(answer, status, code);
        Assert.That(Text(await account.Job(Text(body, "job")), "status"), Is.EqualTo("failed"));
    }

    [TestCase("generate", """{"prompt":"A cat","model":"dall-e"}""", 400, "'dall-e'")]
    [TestCase("generate", """{"prompt":"A cat","size":"1:1"}""", 400, "'size'")]
    [TestCase("generate", """{"prompt":"A cat","image":"https://example.org/a.png"}""", 400, "'image'")]
    [TestCase("generate", """{"prompt":"A cat","custom_id":"a"}""", 400, "'custom_id'")]
    [TestCase("edit", """{"prompt":"A cat"}""", 400, "'image' is required")]
    [TestCase("edit", """{"prompt":"A cat","image":"a.png"}""", 400, "'image' must be")]
    [TestCase("edit", """{"prompt":"A cat","edit_of":"https://example.org/a.png","image":"https://example.org/a.png"}""", 400, "'edit_of'")]
    [TestCase("generate", """["A cat"]""", 400, "an array")]
    [TestCase("generate", """{"prompt":""", 400, "JSON")]
    public async Task Bad_input_is_an_error_in_the_apis_shape(string route, string body, int status, string words)
    {
        var before = await account.Credits();
        var error = await IsError(await account.PostText($"v1/images/{route}", body), status, words);

        Assert.That(error.GetProperty("job").ValueKind, Is.EqualTo(JsonValueKind.Null));
        Assert.That(await account.Credits(), Is.EqualTo(before));
    }

    [Test]
    public async Task Without_a_key_or_credits_it_is_an_error_in_the_apis_shape()
    {
        var poor = await app.NewAccount(credits: 3);

        await IsError(await app.Send(new HttpRequestMessage(HttpMethod.Post, "v1/images/generate"), "nb_wrong"), 401, "Authorization");
        await IsError(await poor.Post("v1/images/generate", new { prompt = Prompt }), 402, "4 credits and 3 are available");
    }

    [Test]
    public async Task A_call_repeated_under_its_key_is_answered_by_the_same_job()
    {
        var first = await Keyed("once-and-for-all", replayed: false);
        var second = await Keyed("once-and-for-all", replayed: true);

        Assert.That(Text(second, "job"), Is.EqualTo(Text(first, "job")));

        async Task<JsonElement> Keyed(string key, bool replayed)
        {
            var request = new HttpRequestMessage(HttpMethod.Post, "v1/images/generate")
            {
                Content = JsonContent.Create(new { prompt = Prompt }),
                Headers = { { "Idempotency-Key", key } },
            };
            var answer = await app.Send(request, account.ApiKey);
            Assert.That(((int)answer.StatusCode, answer.Headers.Contains("Idempotent-Replayed")), Is.EqualTo((200, replayed)));
            return await answer.Content.ReadFromJsonAsync<JsonElement>();
        }
    }

    [Test]
    public async Task A_call_repeated_after_its_job_was_deleted_says_so()
    {
        var first = await account.PostWith(null, "v1/images/generate", new { prompt = Prompt }, ("Idempotency-Key", "deleted"));
        var job = Text(await first.Content.ReadFromJsonAsync<JsonElement>(), "job");
        await account.Delete($"v1/jobs/{job}");

        var again = await account.PostWith(null, "v1/images/generate", new { prompt = Prompt }, ("Idempotency-Key", "deleted"));

        await IsError(again, 404, $"{job} was deleted");
    }

    [Test]
    public async Task A_call_whose_job_is_canceled_has_the_images_that_came_and_says_why_there_are_no_more()
    {
        var call = Post("generate", new { prompt = $"{Prompt} [[fault:fewer]] [[slow:1]]", num = 2 });
        var running = await Account.Until(
            () => account.GetJson("v1/jobs?status=running"), list => list.GetProperty("data").GetArrayLength() > 0);
        await account.Cancel(Text(running.GetProperty("data")[0], "id"));

        var answer = await (await call).Content.ReadFromJsonAsync<JsonElement>();

        Assert.That(answer.GetProperty("data").GetProperty("url").GetArrayLength(), Is.EqualTo(1));
        Assert.That(Text(answer, "message"), Is.EqualTo("1 of 2 images: the job was canceled."));
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private static async Task<JsonElement> IsError(HttpResponseMessage answer, int status, string words)
    {
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.That((int)answer.StatusCode, Is.EqualTo(status), body.ToString());
        Assert.That(body.GetProperty("code").GetInt32(), Is.EqualTo(status));
        Assert.That(Text(body, "message"), Does.Contain(words));
        Assert.That(answer.Content.Headers.ContentType!.MediaType, Is.EqualTo("application/json"));
        return body;
    }

    private static async Task IsImage(JsonElement url, int pixels)
    {
        using var http = new HttpClient();
        var file = await http.GetByteArrayAsync(url.GetString());
        Assert.That(ImageHeader.Read(file)!.Size.Width, Is.EqualTo(pixels));
    }

    private Task<HttpResponseMessage> Post(string route, object body) => account.Post($"v1/images/{route}", body);

    private async Task<JsonElement> Call(string client, string route, object body)
    {
        if (!Programs.OnPath(client)) Assert.Ignore($"{client} is not on this machine.");
        var environment = new Dictionary<string, string>
        {
            ["BASE_URL"] = app.Process.Url.AbsoluteUri.TrimEnd('/'),
            ["API_KEY"] = account.ApiKey,
            ["ROUTE"] = route,
            ["BODY"] = JsonSerializer.Serialize(body),
        };
        var arguments = Clients[client].Select(argument => client == "curl" ? Filled(argument) : argument);
        return JsonElement.Parse(await Programs.Run(client, arguments, environment));

        string Filled(string argument) => environment.Aggregate(
            argument, (text, variable) => text.Replace($"${variable.Key}", variable.Value, StringComparison.Ordinal));
    }
}
