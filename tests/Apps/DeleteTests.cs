using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Apps;

/// <summary>A job whose images and words its caller takes back. What it cost stays.</summary>
public sealed class DeleteTests() : AppTests(credits: 1000)
{
    [Test]
    public async Task Its_images_and_words_are_gone_and_its_status_and_credits_stay()
    {
        var before = await RunSecret();
        var id = before.GetProperty("id").GetString()!;

        var answer = await account.Delete($"v1/jobs/{id}");
        var job = await account.Job(id);

        Assert.That((int)answer.StatusCode, Is.EqualTo(204));
        Assert.That(before.TryGetProperty("deleted_at", out _), Is.False);
        Assert.That(job.GetProperty("deleted_at").GetString(), Does.EndWith("Z"));
        Assert.That(job.GetProperty("images").GetArrayLength(), Is.Zero);
        Assert.That(job.GetRawText(), Does.Not.Contain("secret"));
        foreach (var field in (string[])["status", "credits", "usd", "official_usd", "model", "num", "created_at", "finished_at"])
            Assert.That(job.GetProperty(field).ToString(), Is.EqualTo(before.GetProperty(field).ToString()), field);
        Assert.That(await account.Files(id), Is.Empty);
        Assert.That(await account.Entries(id), Is.EqualTo(new[] { ("hold", 8L), ("capture", 8L) }));
        Assert.That(await account.Credits(), Is.EqualTo((992L, 0L, 8L)));
        await SubmitTests.IsProblem(await account.Get($"v1/jobs/{id}/images/0"), 404, "not_found");
    }

    [Test]
    public async Task A_job_that_names_its_image_is_told_when_it_was_deleted()
    {
        var id = (await RunSecret()).GetProperty("id").GetString()!;
        await account.Delete($"v1/jobs/{id}");
        var deletedAt = (await account.Job(id)).GetProperty("deleted_at").GetString()!;

        var answer = await account.Post("v1/jobs", new { prompt = "A cat on a mat", edit_of = $"{id}/0" });

        await SubmitTests.IsProblem(answer, 400, "invalid_request", "/edit_of");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"was deleted at {deletedAt[..19]}Z."));
    }

    [Test]
    public async Task No_column_of_its_row_has_a_word_of_the_callers()
    {
        var failed = await account.Run(new { prompt = "A secret [[fault:safety]]", custom_id = "secret" });
        foreach (var job in (JsonElement[])[await RunSecret(), failed])
        {
            var id = JobId.Parse(job.GetProperty("id").GetString()!);
            await account.Delete($"v1/jobs/{id}");

            var row = await Ledger().GetEntityAsync<TableEntity>(account.Id, id.RowKey);
            Assert.That(row.Value.Where(column => $"{column.Value}".Contains("secret", StringComparison.Ordinal)), Is.Empty);
            Assert.That(row.Value.GetString("Error"), Does.Not.Contain("safety"));
        }
    }

    [Test]
    public async Task It_is_deleted_once_however_often_and_by_however_many()
    {
        var id = (await RunSecret()).GetProperty("id").GetString()!;

        var answers = await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => account.Delete($"v1/jobs/{id}")));
        var first = await account.Job(id);
        var again = await account.Delete($"v1/jobs/{id}");

        Assert.That(answers.Append(again).Select(answer => (int)answer.StatusCode), Is.All.EqualTo(204));
        Assert.That((await account.Job(id)).GetRawText(), Is.EqualTo(first.GetRawText()));
    }

    [Test]
    public async Task Another_jobs_images_and_another_accounts_jobs_are_left()
    {
        var id = (await RunSecret()).GetProperty("id").GetString()!;
        var kept = (await RunSecret()).GetProperty("id").GetString()!;
        var other = await app.NewAccount(credits: 1);

        await SubmitTests.IsProblem(await other.Delete($"v1/jobs/{kept}"), 404, "not_found");
        await account.Delete($"v1/jobs/{id}");

        Assert.That(await account.Blobs(kept), Has.Count.EqualTo(2));
        Assert.That(await account.Files(kept), Has.Count.EqualTo(4), "beside each image where it comes from");
    }

    [Test]
    public async Task An_open_job_must_be_canceled_first()
    {
        var id = await account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default });

        var answer = await account.Delete($"v1/jobs/{id}");

        await SubmitTests.IsProblem(answer, 409, "request_in_progress");
        Assert.That(await answer.Content.ReadAsStringAsync(), Does.Contain($"POST /v1/jobs/{id}/cancel"));
        await account.Cancel(id);
        Assert.That((int)(await account.Delete($"v1/jobs/{id}")).StatusCode, Is.EqualTo(204));
    }

    [Test]
    public async Task After_a_crash_between_the_row_and_the_blobs_the_sweeper_deletes_them()
    {
        var id = JobId.Parse((await RunSecret()).GetProperty("id").GetString()!);
        var jobs = new JobTable(new TableServiceClient(app.Storage), new JobRow(Catalogue.Load()));
        var job = (await jobs.Read(AccountId.Parse(account.Id), id, default))!;
        await Ledger().SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpdateMerge, JobRow.Deleted(job, DateTimeOffset.UtcNow), job.ETag),
            new(TableTransactionActionType.Add, EraseImages.Row(AccountId.Parse(account.Id), id, DateTimeOffset.UtcNow)),
        ]);
        Assert.That(await account.Files(id.Value), Has.Count.EqualTo(4));

        await app.Sweep();

        Assert.That(await account.Files(id.Value), Is.Empty);
        await NothingIsLeftToDelete();
    }

    [Test]
    public async Task A_deletion_leaves_nothing_for_the_sweeper()
    {
        await account.Delete($"v1/jobs/{(await RunSecret()).GetProperty("id").GetString()}");

        await NothingIsLeftToDelete();
    }

    [Test]
    public async Task What_a_worker_that_was_away_stores_after_the_deletion_is_deleted_once_more()
    {
        var id = JobId.Parse((await RunSecret()).GetProperty("id").GetString()!);
        await account.Delete($"v1/jobs/{id}");
        var late = new BlobServiceClient(app.Storage).GetBlobContainerClient("outputs").GetBlobClient($"{account.Id}/{id}/0.png");
        await late.UploadAsync(BinaryData.FromString("late"));
        await app.Sweep();
        Assert.That((await late.ExistsAsync()).Value, Is.True, "Not before it is sure that no worker is left.");

        await Ledger().UpdateEntityAsync(
            new TableEntity(account.Id, LedgerKeys.Delete(id.Value)) { ["Due"] = DateTimeOffset.UtcNow }, ETag.All, TableUpdateMode.Merge);
        await app.Sweep();

        Assert.That((await late.ExistsAsync()).Value, Is.False);
        await foreach (var row in Ledger().QueryAsync<TableEntity>(LedgerKeys.AllDeletes(account.Id))) Assert.Fail(row.RowKey);
    }

    [Test]
    public async Task A_manifest_counts_its_deleted_jobs_and_the_list_shows_them()
    {
        await account.Drop("two.json", """[{"prompt":"A cat on a mat"},{"prompt":"A dog on a mat","num":2}]""");
        var before = await account.Manifest("completed");
        var list = await account.GetJson($"v1/jobs?manifest={before.GetProperty("id").GetString()}");
        foreach (var job in list.GetProperty("data").EnumerateArray())
            await account.Delete($"v1/jobs/{job.GetProperty("id").GetString()}");

        var after = await account.Manifest("completed");
        var deleted = await account.GetJson($"v1/jobs?status=succeeded&manifest={before.GetProperty("id").GetString()}");

        Assert.That(after.GetProperty("counts").GetRawText(), Is.EqualTo(before.GetProperty("counts").GetRawText()));
        Assert.That(after.GetProperty("credits").GetRawText(), Is.EqualTo(before.GetProperty("credits").GetRawText()));
        Assert.That(deleted.GetProperty("data").EnumerateArray().Count(job => job.TryGetProperty("deleted_at", out _)), Is.EqualTo(2));
    }

    private Task<JsonElement> RunSecret() => account.Run(new
    {
        prompt = "A sign of the secret cult says hello",
        num = 2,
        custom_id = "secret",
        metadata = new { secret = "secret" },
        webhook_url = "https://secret.example/hook",
    });

    private TableClient Ledger() => new(app.Storage, StorageNames.LedgerTable);

    private async Task NothingIsLeftToDelete()
    {
        var rows = new List<TableEntity>();
        await foreach (var row in Ledger().QueryAsync<TableEntity>(LedgerKeys.AllDeletes(account.Id))) rows.Add(row);
        Assert.That(rows.Select(row => row.GetBoolean("Erased")), Is.All.True, "Only the last look is to come.");
        Assert.That(rows.Select(row => row.GetDateTimeOffset("Due")), Is.All.GreaterThan(DateTimeOffset.UtcNow.AddMinutes(50)));
    }
}
