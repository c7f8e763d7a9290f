using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>Images behind addresses of callers: fetched once, at the submit or, of a manifest's job, when it is worked on.</summary>
public sealed class FetchTests
{
    private App app = null!;
    private ImageHost host = null!;
    private Account account = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        host = await ImageHost.Start();
        app = await App.Start(null, ("Outgoing__AllowLoopback", "true"));
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        await app.DisposeAsync();
        await host.DisposeAsync();
    }

    [SetUp]
    public async Task NewAccount() => account = await app.NewAccount(credits: 100);

    [TearDown]
    public async Task The_books_are_right() => await account.BooksAreRight();

    [Test]
    public async Task An_address_is_fetched_once_however_often_the_job_is_tried_and_is_shown_as_it_was_given()
    {
        var url = host.Url("once.png?signature=secret");

        var references = new[] { new { image = url, role = "object" } };
        var job = await account.Run(new { prompt = "Tried twice [[fault:503:1]]", ref_images = references });

        Assert.That((Text(job, "status"), job.GetProperty("attempts").GetInt32()), Is.EqualTo(("succeeded", 2)));
        Assert.That(Text(job.GetProperty("ref_images")[0], "image"), Is.EqualTo(url));
        Assert.That(host.CallsOf("once.png"), Is.EqualTo(1));
        Assert.That(Seen("Tried twice"), Is.All.EqualTo(TestPicture.Sha256(ImageHost.Cat)).And.Not.Empty);
    }

    [Test]
    public async Task A_manifests_address_is_fetched_when_its_job_is_worked_on_and_only_once()
    {
        var job = await OnlyJobOf(new { prompt = "In a manifest [[fault:503:2]]", edit_of = host.Url("manifest.png") });

        Assert.That((Text(job, "status"), job.GetProperty("attempts").GetInt32()), Is.EqualTo(("succeeded", 3)));
        Assert.That(Text(job, "edit_of"), Is.EqualTo(host.Url("manifest.png")));
        Assert.That(host.CallsOf("manifest.png"), Is.EqualTo(1));
        Assert.That(Seen("In a manifest"), Is.All.EqualTo(TestPicture.Sha256(ImageHost.Cat)).And.Not.Empty);
    }

    [TestCase("page.png", "is no PNG")]
    [TestCase("cut.png", "broke off")]
    [TestCase("huge.png", "more than 20,971,520 bytes")]
    [TestCase("gone.png", "answers 404")]
    [TestCase("down.png", "answers 503")]
    [TestCase("moved.png", "redirects are not followed")]
    public async Task What_is_no_image_behind_an_address_is_refused_at_the_submit(string path, string detail)
    {
        var answer = await account.Post("v1/jobs", new { prompt = "A cat", ref_images = new[] { host.Url("cat.png"), host.Url(path) } });

        await SubmitTests.IsProblem(answer, 400, "invalid_request", "/ref_images/1");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain(detail));
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
        Assert.That(host.CallsOf("where-it-moved.png"), Is.Zero);
    }

    [TestCase("page.png", 1)]
    [TestCase("gone.png", 1)]
    [TestCase("moved.png", 1)]
    [TestCase("down.png", 5)]
    public async Task A_manifests_job_whose_address_has_no_image_fails_at_once_or_when_its_attempts_are_used_up(string path, int attempts)
    {
        var job = await OnlyJobOf(new { prompt = "A cat", ref_images = new[] { host.Url(path) } });

        Assert.That(Text(job, "status"), Is.EqualTo("failed"));
        Assert.That(Text(job.GetProperty("error"), "code"), Is.EqualTo("reference_unreachable"));
        Assert.That(Text(job.GetProperty("error"), "detail"), Does.Contain(path));
        Assert.That(job.GetProperty("attempts").GetInt32(), Is.EqualTo(attempts));
        Assert.That(await account.Credits(), Is.EqualTo((100L, 0L, 0L)));
    }

    [Test]
    public async Task A_manifests_address_that_is_down_for_a_moment_is_fetched_later()
    {
        var job = await OnlyJobOf(new { prompt = "Late", ref_images = new[] { host.Url("late-manifest.png") } });

        Assert.That((Text(job, "status"), job.GetProperty("attempts").GetInt32()), Is.EqualTo(("succeeded", 3)));
    }

    [TestCase("https://169.254.169.254/latest/meta-data")]
    [TestCase("https://10.0.0.1/cat.png")]
    [TestCase("https://[fd00::1]/cat.png")]
    [TestCase("http://example.com/cat.png")]
    [TestCase("https://user:secret@example.com/cat.png")]
    public async Task An_address_that_nobody_may_send_this_app_to_is_refused_wherever_it_stands(string url)
    {
        (object Job, string Pointer)[] jobs =
        [
            (new { prompt = "A cat", ref_images = new[] { url } }, "/ref_images/0"),
            (new { prompt = "A cat", edit_of = url }, "/edit_of"),
            (new { prompt = "A cat", webhook_url = url }, "/webhook_url"),
        ];
        foreach (var (job, pointer) in jobs)
        {
            await SubmitTests.IsProblem(await account.Post("v1/jobs", job), 400, "invalid_request", pointer);
            await SubmitTests.IsProblem(await account.Post("v1/jobs?dry_run=true", job), 400, "invalid_request", pointer);
        }
    }

    [Test]
    public async Task A_quote_fetches_nothing()
    {
        var answer = await account.Post("v1/jobs?dry_run=true", new { prompt = "A cat", ref_images = new[] { host.Url("quoted.png") } });

        Assert.That((int)answer.StatusCode, Is.EqualTo(200), await answer.Content.ReadAsStringAsync());
        Assert.That(host.CallsOf("quoted.png"), Is.Zero);
    }

    [Test]
    public async Task In_the_cloud_this_machine_is_not_reached()
    {
        await using var cloud = await App.Start(null, ("Outgoing__AllowLoopback", "false"));
        var caller = await cloud.NewAccount(credits: 100);

        var url127 = host.Url("cloud.png");
        foreach (var url in new[] { url127, url127.Replace("127.0.0.1", "localhost", StringComparison.Ordinal) })
            await SubmitTests.IsProblem(
                await caller.Post("v1/jobs", new { prompt = "A cat", edit_of = url }), 400, "invalid_request", "/edit_of");
        Assert.That(host.CallsOf("cloud.png"), Is.Zero);
    }

    private IEnumerable<string> Seen(string prompt) => app.Seen(prompt).Select(seen => seen.Sha256);

    private async Task<JsonElement> OnlyJobOf(object job)
    {
        await account.Drop("one.json", JsonSerializer.Serialize(new[] { job }));
        return await account.OnlyJob(await account.Manifest("completed"));
    }

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
