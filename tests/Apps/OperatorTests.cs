using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Data.Tables;

namespace Pipeline.Tests.Apps;

/// <summary>What only the operator may do.</summary>
public sealed class OperatorTests
{
    private App app = null!;

    [OneTimeSetUp]
    public async Task Start() => app = await App.Start();

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [Test]
    public async Task Without_the_function_key_its_routes_are_closed()
    {
        foreach (var route in new[] { "accounts", "accounts/x/grants", "accounts/x/keys", "sweep", "poison/images-large/replay" })
        {
            using var body = JsonContent.Create(new { name = "x" });
            var answer = await app.Send(new HttpRequestMessage(HttpMethod.Post, $"v1/operator/{route}") { Content = body });
            Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Unauthorized), route);
        }
    }

    [TestCase("accounts")]
    [TestCase("accounts/x/grants")]
    [TestCase("accounts/x/keys")]
    [TestCase("sweep")]
    public async Task A_parameter_is_refused_by_what_takes_none(string route) => await SubmitTests.IsProblem(
        await app.Operator(HttpMethod.Post, $"v1/operator/{route}?dry_run=true", new { name = "x" }), 400, "unknown_field", "?dry_run");

    [Test]
    public async Task A_grant_counts_once_for_each_reference()
    {
        var account = await app.NewAccount(credits: 10);

        var first = await Grant(account, new { credits = 5, reference = "invoice 7/ä" });
        var again = await Grant(account, new { credits = 5, reference = "invoice 7/ä" });
        var other = await Grant(account, new { credits = 6, reference = "invoice 7/ä" });

        Assert.That((first.StatusCode, again.StatusCode), Is.EqualTo((HttpStatusCode.Created, HttpStatusCode.OK)));
        Assert.That(again.Headers.GetValues("Idempotent-Replayed").Single(), Is.EqualTo("true"));
        await SubmitTests.IsProblem(other, 422, "idempotency_key_reused");
        Assert.That((await account.Credits()).Available, Is.EqualTo(15));
        await account.BooksAreRight();
    }

    [Test]
    public async Task Twenty_grants_of_one_reference_at_once_count_once()
    {
        var account = await app.NewAccount(credits: 0);

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Grant(account, new { credits = 5, reference = "once" })));

        Assert.That(answers.Count(answer => answer.StatusCode == HttpStatusCode.Created), Is.EqualTo(1));
        Assert.That((await account.Credits()).Available, Is.EqualTo(5));
    }

    [TestCase("{}", "/credits")]
    [TestCase("""{"credits":0,"reference":"x"}""", "/credits")]
    [TestCase("""{"credits":-5,"reference":"x"}""", "/credits")]
    [TestCase("""{"credits":5}""", "/reference")]
    [TestCase("""{"credits":5,"reference":"x","category":"gift"}""", "/category")]
    public async Task A_grant_that_is_wrong_is_refused_by_its_field(string body, string pointer)
    {
        var account = await app.NewAccount(credits: 0);
        var answer = await app.Operator(
            HttpMethod.Post, $"v1/operator/accounts/{account.Id}/grants", JsonSerializer.Deserialize<JsonElement>(body));

        await SubmitTests.IsProblem(answer, 400, "invalid_request", pointer);
    }

    [Test]
    public async Task An_account_that_is_there_is_not_opened_again_but_can_have_another_key()
    {
        await app.Operator(HttpMethod.Post, "v1/operator/accounts", new { id = "studio", name = "Studio", credits = 7 });

        var again = await app.Operator(HttpMethod.Post, "v1/operator/accounts", new { id = "studio", name = "Other", credits = 9 });
        var key = await app.Operator(HttpMethod.Post, "v1/operator/accounts/studio/keys");
        var second = (await key.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("api_key").GetString()!;

        await SubmitTests.IsProblem(again, 400, "invalid_request", "/id");
        var listed = await new TableServiceClient(app.Storage).GetTableClient("accounts").GetEntityAsync<TableEntity>("account", "studio");
        Assert.That(listed.Value.GetString("Name"), Is.EqualTo("Studio"), "a refused request changes nothing");
        Assert.That((await new Account(app, "studio", second).Credits()).Available, Is.EqualTo(7));
    }

    [TestCase("Studio")]
    [TestCase("a/b")]
    [TestCase("../x")]
    [TestCase("-x")]
    [TestCase("x y")]
    public async Task An_accounts_id_needs_no_escaping_anywhere(string id) => await SubmitTests.IsProblem(
        await app.Operator(HttpMethod.Post, "v1/operator/accounts", new { id, name = "x" }), 400, "invalid_request", "/id");

    [Test]
    public async Task What_is_not_there_gets_no_credits_and_no_key()
    {
        await SubmitTests.IsProblem(
            await app.Operator(HttpMethod.Post, "v1/operator/accounts/nobody/grants", new { credits = 1, reference = "x" }),
            404, "not_found");
        await SubmitTests.IsProblem(await app.Operator(HttpMethod.Post, "v1/operator/accounts/nobody/keys"), 404, "not_found");
    }

    [Test]
    public async Task Health_is_open_and_tells_what_is_reached()
    {
        var health = await (await app.Send(new HttpRequestMessage(HttpMethod.Get, "v1/health"))).Content.ReadFromJsonAsync<JsonElement>();

        Assert.That(health.GetProperty("status").GetString(), Is.EqualTo("healthy"));
        Assert.That(health.GetProperty("checks").GetArrayLength(), Is.EqualTo(4));
    }

    [TestCase("ledger")]
    [TestCase("accounts")]
    [TestCase("poison")]
    public async Task Without_one_of_its_tables_it_is_not_healthy(string table)
    {
        await using var broken = await App.Start();
        await new TableServiceClient(broken.Storage).DeleteTableAsync(table);

        // What was found as it started is told for some seconds.
        var answer = await Account.Until(
            () => broken.Send(new HttpRequestMessage(HttpMethod.Get, "v1/health")), answer => answer.StatusCode != HttpStatusCode.OK);

        Assert.That((int)answer.StatusCode, Is.EqualTo(503));
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("""{"name":"tables","ok":false}"""));
    }

    [Test]
    public async Task Keys_and_prompts_are_not_in_the_log()
    {
        var account = await app.NewAccount(credits: 10);
        await account.Run(new { prompt = "A secret garden behind the old wall" });

        var log = await Account.Until(
            () => Task.FromResult(string.Join('\n', app.Process.Lines)),
            lines => lines.Contains("Succeeded after attempt 1: Ended", StringComparison.Ordinal));
        foreach (var secret in new[] { "secret garden", account.ApiKey, "sig=", "sim-key" }) Assert.That(log, Does.Not.Contain(secret));
    }

    private Task<HttpResponseMessage> Grant(Account account, object grant) =>
        app.Operator(HttpMethod.Post, $"v1/operator/accounts/{account.Id}/grants", grant);
}
