using System.Net;
using Azure.Data.Tables;
using Local.Up;

namespace Pipeline.Tests.Apps;

/// <summary>One job for each Idempotency-Key, however often and wherever its request arrives.</summary>
public sealed class IdempotencyTests() : AppTests(credits: 1000)
{
    /// <summary>Its prompt is so short that the job is accepted with advice.</summary>
    private static readonly object Cat = new { prompt = "A cat", num = 2, metadata = new { team = "ä" } };

    [TearDown]
    public async Task All_jobs_end_and_the_books_are_right()
    {
        await Account.Until(
            async () =>
            {
                await app.Sweep();
                return await account.Credits();
            },
            credits => credits.Held == 0);
        await account.BooksAreRight();
    }

    [Test]
    public async Task Fifty_requests_at_once_with_one_key_make_one_job_in_each_of_twenty_rounds()
    {
        const int Rounds = 20;
        for (var round = 0; round < Rounds; round++)
        {
            var key = $"round {round}";
            var first = await OneJob(await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => Post(key, Cat))));

            await SubmitTests.IsProblem(await Post(key, new { prompt = "A dog on a mat" }), 422, "idempotency_key_reused");
            await account.Finished(JobOf(first));
            var replay = await Post(key, Cat);
            Assert.That(await replay.Content.ReadAsStringAsync(), Is.EqualTo(first));
        }

        Assert.That(await Jobs(), Is.EqualTo(Rounds));
        Assert.That(await account.Credits(), Is.EqualTo((1000L - (Rounds * 8), 0L, Rounds * 8L)));
    }

    [Test]
    public async Task Two_processes_that_get_the_same_request_at_once_make_one_job()
    {
        const int Rounds = 10;
        await using var other = await app.StartAnother();
        // Each has read its API key, so that they start side by side.
        await Task.WhenAll(Post("warm 1", Cat), Post("warm 2", Cat, other));

        for (var round = 0; round < Rounds; round++)
        {
            var key = $"round {round}";
            var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(n => Post(key, Cat, n % 2 == 0 ? other : null)));
            await account.Finished(JobOf(await OneJob(answers)));
        }

        Assert.That(await Jobs(), Is.EqualTo(Rounds + 2));
    }

    [Test]
    public async Task The_first_answer_comes_again_byte_for_byte_with_all_that_it_said_in_headers()
    {
        var first = await Post("once", Cat);
        var before = await Post("once", Cat);
        await account.Finished(JobOf(await first.Content.ReadAsStringAsync()));
        var after = await Post("once", Cat);

        foreach (var replay in new[] { before, after })
        {
            Assert.That(replay.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
            Assert.That(replay.Headers.GetValues("Idempotent-Replayed"), Is.EqualTo(new[] { "true" }));
            Assert.That(await replay.Content.ReadAsByteArrayAsync(), Is.EqualTo(await first.Content.ReadAsByteArrayAsync()));
            Assert.That(Promises(replay), Is.EqualTo(Promises(first)));
        }

        Assert.That(first.Headers.Contains("Idempotent-Replayed"), Is.False);

        static object Promises(HttpResponseMessage answer) =>
            (answer.Headers.Location, answer.Headers.GetValues("Operation-Location").Single(), answer.Headers.RetryAfter);
    }

    [Test]
    public async Task Of_a_job_that_was_deleted_a_replay_and_the_storage_know_no_word_any_more()
    {
        // The advice to put the word into quotation marks quotes it.
        var mural = new { prompt = "A mural with Xanadu written on the wall of a long corridor" };
        var first = await (await Post("once", mural)).Content.ReadAsStringAsync();
        Assert.That(first, Does.Contain("prompt_text_unquoted"));
        await account.Finished(JobOf(first));
        await app.Send(new HttpRequestMessage(HttpMethod.Delete, $"v1/jobs/{JobOf(first)}"), account.ApiKey);

        var replay = await Post("once", mural);
        var body = await replay.Content.ReadAsStringAsync();

        Assert.That(replay.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(replay.Headers.GetValues("Idempotent-Replayed"), Is.EqualTo(new[] { "true" }));
        Assert.That(JobOf(body), Is.EqualTo(JobOf(first)));
        Assert.That(body, Does.Contain("\"deleted_at\":\"").And.Not.Contain("Xanadu"));
        var ledger = new TableServiceClient(app.Storage).GetTableClient("ledger");
        await foreach (var row in ledger.QueryAsync<TableEntity>(TableClient.CreateQueryFilter($"PartitionKey eq {account.Id}")))
            Assert.That(row.Keys.Select(name => $"{row[name]}"), Has.None.Contain("Xanadu"), row.RowKey);
    }

    [Test]
    public async Task A_replay_waits_as_the_first_request_would_have()
    {
        var first = await Post("once", Cat);
        var replay = await account.PostWith(null, "v1/jobs", Cat, ("Idempotency-Key", "once"), ("Prefer", "wait=30"));

        Assert.That(replay.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(replay.Headers.GetValues("Idempotent-Replayed"), Is.EqualTo(new[] { "true" }));
        var body = await replay.Content.ReadAsStringAsync();
        Assert.That(JobOf(body), Is.EqualTo(JobOf(await first.Content.ReadAsStringAsync())));
        Assert.That(body, Does.Contain("\"succeeded\""));
    }

    [Test]
    public async Task What_was_refused_may_be_sent_again_under_its_key()
    {
        var poor = await app.NewAccount(credits: 4);

        await SubmitTests.IsProblem(await Post(poor, "key", new { prompt = "" }), 400, "invalid_request", "/prompt");
        await SubmitTests.IsProblem(await Post(poor, "key", Cat), 402, "insufficient_credits");
        await app.Operator(HttpMethod.Post, $"v1/operator/accounts/{poor.Id}/grants", new { credits = 4, reference = "more" });
        var answer = await Post(poor, "key", Cat);

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
        Assert.That(answer.Headers.Contains("Idempotent-Replayed"), Is.False);
    }

    [Test]
    public async Task A_key_is_its_accounts_own()
    {
        var other = await app.NewAccount(credits: 8);
        await Post("once", Cat);

        var answer = await Post(other, "once", new { prompt = "A dog on a mat" });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    [Test]
    public async Task A_key_of_255_characters_is_taken_and_any_other_length_is_not()
    {
        await SubmitTests.IsProblem(await Post(new string('k', 256), Cat), 400, "invalid_request", "Idempotency-Key");
        await SubmitTests.IsProblem(await Post("", Cat), 400, "invalid_request", "Idempotency-Key");

        Assert.That((await Post(new string('k', 255), Cat)).StatusCode, Is.EqualTo(HttpStatusCode.Accepted));
    }

    [Test]
    public async Task A_process_that_is_killed_amid_its_answers_leaves_no_key_without_its_job_and_no_job_without_its_key()
    {
        const int Jobs = 40;
        await using var doomed = await app.StartAnother();
        var posts = Enumerable.Range(0, Jobs).Select(n => Post($"key {n}", Cat, doomed)).ToList();
        await Task.WhenAny(posts);
        await doomed.Kill();
        try
        {
            await Task.WhenAll(posts);
        }
        catch (HttpRequestException)
        {
            // Those that it did not answer: their callers cannot know whether there is a job.
        }

        var again = await Task.WhenAll(Enumerable.Range(0, Jobs).Select(n => Post($"key {n}", Cat)));

        Assert.That(again.Select(answer => answer.StatusCode), Is.All.EqualTo(HttpStatusCode.Accepted));
        Assert.That(await this.Jobs(), Is.EqualTo(Jobs));
    }

    private Task<HttpResponseMessage> Post(string key, object body, AppProcess? process = null) =>
        account.PostWith(process, "v1/jobs", body, ("Idempotency-Key", key));

    private static Task<HttpResponseMessage> Post(Account caller, string key, object body) =>
        caller.PostWith(null, "v1/jobs", body, ("Idempotency-Key", key));

    /// <summary>One request made the job, all others got the same answer or were told to ask again.</summary>
    private static async Task<string> OneJob(IReadOnlyList<HttpResponseMessage> answers)
    {
        var accepted = answers.Where(answer => answer.StatusCode == HttpStatusCode.Accepted).ToList();
        Assert.That(accepted.Count(answer => !answer.Headers.Contains("Idempotent-Replayed")), Is.EqualTo(1));
        foreach (var answer in answers.Except(accepted))
        {
            await SubmitTests.IsProblem(answer, 409, "request_in_progress");
            Assert.That(answer.Headers.RetryAfter?.Delta, Is.EqualTo(TimeSpan.FromSeconds(1)));
            Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain("\"retryable\":true"));
        }

        var bodies = await Task.WhenAll(accepted.Select(answer => answer.Content.ReadAsStringAsync()));
        Assert.That(bodies.Distinct().Count(), Is.EqualTo(1));
        return bodies[0];
    }

    private static string JobOf(string body) => System.Text.Json.JsonElement.Parse(body).GetProperty("id").GetString()!;

    private async Task<int> Jobs()
    {
        var jobs = 0;
        var filter = TableClient.CreateQueryFilter($"PartitionKey eq {account.Id} and RowKey ge {"job~"} and RowKey lt {"job~~"}");
        var ledger = new TableServiceClient(app.Storage).GetTableClient("ledger");
        await foreach (var _ in ledger.QueryAsync<TableEntity>(filter, select: ["RowKey"])) jobs++;
        return jobs;
    }
}
