using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Apps;

/// <summary>New jobs that come from others: for what is missing, and for a draft that shall be final.</summary>
public sealed class RetryTests() : AppTests(credits: 1000)
{
    [Test]
    public async Task A_partial_job_is_retried_for_the_images_it_lacks_with_all_its_fields()
    {
        var prompt = "A cat on a mat [[fault:fewer]]";
        var old = await account.Run(new
        {
            prompt,
            num = 3,
            model = "512",
            image_size = "4:3",
            thinking = "high",
            search = new[] { "web" },
            service_tier = "priority",
            custom_id = "c1",
            metadata = new { team = "a" },
            start_before_seconds = 3600,
            webhook_url = "https://hooks.example/x",
        });
        Assert.That(CancelTests.Of(old), Does.StartWith("partially_succeeded 0/8/4 of 2"));

        var answer = await account.PostText($"v1/jobs/{Id(old)}/retry", "");
        var job = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.That((int)answer.StatusCode, Is.EqualTo(202));
        Assert.That(answer.Headers.Location, Is.EqualTo(new Uri(app.Process.Url, $"v1/jobs/{Id(job)}")));
        Assert.That(job.GetProperty("parent").GetString(), Is.EqualTo(Id(old)));
        Assert.That((job.GetProperty("num").GetInt32(), job.GetProperty("credits").GetProperty("held").GetInt64()), Is.EqualTo((1, 4L)));
        foreach (var field in (string[])["prompt", "model", "image_size", "thinking", "search", "service_tier", "custom_id", "metadata"])
            Assert.That(job.GetProperty(field).ToString(), Is.EqualTo(old.GetProperty(field).ToString()), field);
        await account.Finished(Id(job));
    }

    [Test]
    public async Task Jobs_that_failed_or_were_canceled_are_retried_whole()
    {
        var failed = await account.Run(new { prompt = "A cat on a mat [[fault:safety]]", num = 2 });
        var canceled = await account.HoldWithoutMessage(new JobRequest { Prompt = "A dog", Model = Catalogue.Load().Default, Num = 2 });
        await account.Cancel(canceled);

        foreach (var old in (string[])[Id(failed), canceled])
        {
            var answer = await account.Post($"v1/jobs/{old}/retry", new { });
            var job = await account.Finished(Id(await answer.Content.ReadFromJsonAsync<JsonElement>()));
            Assert.That((job.GetProperty("num").GetInt32(), job.GetProperty("parent").GetString()), Is.EqualTo((2, old)));
        }
    }

    [Test]
    public async Task Only_what_is_done_and_lacks_images_can_be_retried_and_only_by_its_owner()
    {
        var complete = await account.Run(new { prompt = "A cat on a mat" });
        var open = await account.HoldWithoutMessage(new JobRequest { Prompt = "A dog", Model = Catalogue.Load().Default });
        var failed = Id(await account.Run(new { prompt = "A cat on a mat [[fault:safety]]", num = 2 }));
        var other = await app.NewAccount(credits: 1000);

        await SubmitTests.IsProblem(await Retry(account, Id(complete)), 409, "job_already_finished");
        await SubmitTests.IsProblem(await Retry(account, open), 409, "request_in_progress");
        await SubmitTests.IsProblem(await Retry(other, failed), 404, "not_found");
        await SubmitTests.IsProblem(await account.Post($"v1/jobs/{failed}/retry", new { num = 1 }), 400, "unknown_field", "/num");
        await SubmitTests.IsProblem(await account.Post($"v1/jobs/{failed}/retry?dry_run=true", new { }), 400, "unknown_field", "?dry_run");
        await account.Delete($"v1/jobs/{failed}");
        await SubmitTests.IsProblem(await Retry(account, failed), 404, "not_found");
        Assert.That(await account.Credits(), Is.EqualTo((992L, 4L, 4L)), "nothing was held for any of them");
        await account.Cancel(open);

        static Task<HttpResponseMessage> Retry(Account who, string job) => who.Post($"v1/jobs/{job}/retry", new { });
    }

    [Test]
    public async Task A_retry_and_a_promotion_are_made_once_for_their_key()
    {
        var partial = Id(await account.Run(new { prompt = "A cat on a mat [[fault:fewer]]", num = 2 }));
        foreach (var (path, body) in ((string, object)[])[("retry", new { }), ("images/0/promote", new { model = "512" })])
        {
            var first = await account.PostWith(null, $"v1/jobs/{partial}/{path}", body, ("Idempotency-Key", path), ("Prefer", "wait=30"));
            var again = await account.PostWith(null, $"v1/jobs/{partial}/{path}", body, ("Idempotency-Key", path));

            Assert.That(((int)first.StatusCode, (int)again.StatusCode), Is.EqualTo((200, 202)));
            Assert.That(again.Headers.GetValues("Idempotent-Replayed"), Is.EqualTo(new[] { "true" }));
            var job = await first.Content.ReadFromJsonAsync<JsonElement>();
            Assert.That(Id(await again.Content.ReadFromJsonAsync<JsonElement>()), Is.EqualTo(Id(job)));
        }
    }

    [Test]
    public async Task A_retry_needs_its_credits_like_any_job()
    {
        var poor = await app.NewAccount(credits: 4);
        var failed = await poor.Run(new { prompt = "A cat on a mat [[fault:safety]]" });
        await poor.Run(new { prompt = "A dog on a mat" });

        await SubmitTests.IsProblem(await poor.Post($"v1/jobs/{Id(failed)}/retry", new { }), 402, "insufficient_credits");
    }

    [Test]
    public async Task An_image_is_redone_at_another_tier_with_itself_as_the_reference()
    {
        var draft = await account.Run(new
        {
            prompt = "A cat on a mat",
            num = 2,
            model = "512",
            image_size = "4:3",
            thinking = "minimal",
            search = new[] { "image" },
            service_tier = "priority",
            custom_id = "c1",
        });

        var answer = await Promote(Id(draft), 1, new { model = "4k" });
        var job = await answer.Content.ReadFromJsonAsync<JsonElement>();

        Assert.That((int)answer.StatusCode, Is.EqualTo(202), job.ToString());
        Assert.That(job.GetProperty("model").GetString(), Is.EqualTo("gemini-3.1-flash-image-preview-4k"));
        Assert.That(job.GetProperty("parent").GetString(), Is.EqualTo(Id(draft)));
        Assert.That((job.GetProperty("num").GetInt32(), job.GetProperty("credits").GetProperty("held").GetInt64()), Is.EqualTo((1, 8L)));
        var reference = job.GetProperty("ref_images").EnumerateArray().Single();
        Assert.That(reference.GetProperty("image").GetString(), Is.EqualTo($"{Id(draft)}/1"));
        foreach (var field in (string[])["prompt", "image_size", "thinking", "search", "service_tier"])
            Assert.That(job.GetProperty(field).ToString(), Is.EqualTo(draft.GetProperty(field).ToString()), field);
        Assert.That(job.GetProperty("custom_id").ValueKind, Is.EqualTo(JsonValueKind.Null), "that names the draft");
        await account.Finished(Id(job));
    }

    [Test]
    public async Task Only_a_stored_image_can_be_promoted_and_only_to_another_tier_that_is_named()
    {
        var partial = Id(await account.Run(new { prompt = "A cat on a mat [[fault:fewer]]", num = 2 }));
        var before = await account.Credits();

        await SubmitTests.IsProblem(await Promote(partial, 1, new { model = "4k" }), 404, "not_found");
        await SubmitTests.IsProblem(await Promote(partial, 2, new { model = "4k" }), 404, "not_found");
        await SubmitTests.IsProblem(await Promote(partial, 0, new { }), 400, "invalid_request", "/model");
        await SubmitTests.IsProblem(await Promote(partial, 0, new { model = "1k" }), 400, "invalid_request", "/model");
        await SubmitTests.IsProblem(await Promote(partial, 0, new { model = "8k" }), 400, "invalid_request", "/model");
        await SubmitTests.IsProblem(await Promote(partial, 0, new { model = "4k", num = 2 }), 400, "unknown_field", "/num");
        await account.Delete($"v1/jobs/{partial}");
        await SubmitTests.IsProblem(await Promote(partial, 0, new { model = "4k" }), 404, "not_found");
        Assert.That(await account.Credits(), Is.EqualTo(before));
    }

    private Task<HttpResponseMessage> Promote(string job, int image, object body) =>
        account.Post($"v1/jobs/{job}/images/{image}/promote", body);

    private static string Id(JsonElement job) => job.GetProperty("id").GetString()!;
}
