using System.Net.Http.Json;
using System.Text.Json;
using Azure.Data.Tables;
using Azure.Storage.Blobs.Models;
using Pipeline.Accounts;
using Pipeline.Jobs;
using Pipeline.Storage;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Audit;

/// <summary>The operator's verification: what belongs together and is not there is named, account by account.</summary>
public sealed class VerifyAccountsTests
{
    private App app = null!;
    private Account account = null!;
    private string job = "";

    private TableClient Ledger => new TableServiceClient(app.Storage).GetTableClient(StorageNames.LedgerTable);

    [OneTimeSetUp]
    public async Task Start() => app = await App.Start(null, ("Audit__CheckpointKey", AuditedApp.CheckpointKey));

    [OneTimeTearDown]
    public async Task Stop() => await app.DisposeAsync();

    [SetUp]
    public async Task A_job_that_is_done()
    {
        account = await app.NewAccount(credits: 100);
        job = (await account.Run(new { prompt = "A red fox", model = "512", num = 2 })).GetProperty("id").GetString()!;
        Assert.That(await Faults(), Is.Empty);
    }

    [Test]
    public async Task An_image_that_was_paid_for_and_is_gone()
    {
        await app.Outputs.DeleteBlobAsync($"{account.Id}/{job}/1.png");
        Assert.That(await Faults(), Does.StartWith($"images: {job} paid for {account.Id}/{job}/1.png").And.Contain("not stored so"));
    }

    [Test]
    public async Task An_image_that_nobody_paid_for()
    {
        var another = new BlobUploadOptions
        {
            HttpHeaders = new BlobHttpHeaders { ContentType = "image/png" },
            Metadata = new Dictionary<string, string> { ["sha256"] = "aa" },
        };
        await app.Outputs.GetBlobClient($"{account.Id}/{job}/7.png").UploadAsync(BinaryData.FromString("x"), another);
        Assert.That(await Faults(), Does.StartWith($"images: {job} stored {account.Id}/{job}/7.png").And.Contain("which nobody paid for"));
    }

    [Test]
    public async Task An_image_of_a_job_that_is_not_there()
    {
        var none = JobId.New(DateTimeOffset.UtcNow);
        await app.Outputs.GetBlobClient($"{account.Id}/{none}/0.png").UploadAsync(BinaryData.FromString("x"));
        Assert.That(await Faults(), Does.StartWith($"images: {none} stored"));
    }

    [Test]
    public async Task An_image_that_was_written_over()
    {
        var blob = app.Outputs.GetBlobClient($"{account.Id}/{job}/0.png");
        var facts = (await blob.GetPropertiesAsync()).Value;
        await blob.UploadAsync(
            BinaryData.FromString("another"),
            new BlobUploadOptions { HttpHeaders = new BlobHttpHeaders { ContentType = "image/png" }, Metadata = facts.Metadata });
        Assert.That(await Faults(), Does.StartWith($"images: {job} paid for"));
    }

    [Test]
    public async Task A_job_that_is_not_there_and_its_hold_is()
    {
        var held = await account.HoldWithoutMessage((await TheJob()).Request);
        await Ledger.DeleteEntityAsync(account.Id, JobId.Parse(held).RowKey);

        Assert.That(await Faults(), Does.Contain($"open_jobs: 8 credits are held for {held}, which is not open")
            .And.Contain($"hold {held} 8 : claimed by no row"));
    }

    [Test]
    public async Task A_job_that_is_open_and_holds_nothing()
    {
        var held = await account.HoldWithoutMessage((await TheJob()).Request);
        await Ledger.DeleteEntityAsync(account.Id, LedgerKeys.Open(held));

        Assert.That(await Faults(), Does.Contain($"open_jobs: {held} is open with 8 credits, and 0 are held for it")
            .And.Contain("open_holds: 0 open holds of 0 credits, but the account says 8 are held"));
    }

    [Test]
    public async Task A_job_that_cannot_be_read()
    {
        var row = new TableEntity(account.Id, JobId.Parse(job).RowKey) { ["RefImages"] = "not JSON" };
        await Ledger.UpdateEntityAsync(row, Azure.ETag.All, TableUpdateMode.Merge);
        Assert.That(await Faults(), Does.StartWith($"jobs_readable: {row.RowKey}"));
    }

    [Test]
    public async Task An_account_that_is_listed_without_books()
    {
        var id = AccountId.New();
        await new TableServiceClient(app.Storage).GetTableClient(StorageNames.AccountsTable)
            .AddEntityAsync(AccountKeys.AccountRow(id, "Half", DateTimeOffset.UtcNow));

        var found = await Verify("");

        Assert.That(found.GetProperty("ok").GetBoolean(), Is.False);
        Assert.That(found.ToString(), Does.Contain("the account is listed without books"));
        await app.Operator(HttpMethod.Post, "v1/operator/accounts", new { id = id.Value, name = "Whole" });
        Assert.That((await Verify($"?account={id}")).GetProperty("ok").GetBoolean(), Is.True);
    }

    [Test]
    public async Task A_job_that_was_deleted_is_right_and_its_credits_stay_proved()
    {
        await account.Delete($"v1/jobs/{job}");

        Assert.That(await Faults(), Is.Empty);
        Assert.That((await account.Credits()).Spent, Is.EqualTo(8));
    }

    [Test]
    public async Task One_account_is_asked_for_by_its_id_and_all_are_counted()
    {
        await app.NewAccount(credits: 1);

        Assert.That((await Verify($"?account={account.Id}")).GetProperty("accounts").GetInt32(), Is.EqualTo(1));
        Assert.That((await Verify("")).GetProperty("accounts").GetInt32(), Is.GreaterThanOrEqualTo(2));
        Assert.That((int)(await app.Operator(HttpMethod.Get, "v1/operator/verify?account=nobody")).StatusCode, Is.EqualTo(404));
        Assert.That((int)(await app.Operator(HttpMethod.Get, "v1/operator/verify?cursor=nobody")).StatusCode, Is.EqualTo(400));
    }

    [Test]
    public async Task A_verification_goes_on_from_the_checkpoint_of_the_one_before()
    {
        var first = await account.GetJson("v1/credits/verify");
        await account.Run(new { prompt = "A cat", model = "512" });
        var checkpoint = first.GetProperty("checkpoint").GetString();

        var second = await account.GetJson($"v1/credits/verify?checkpoint={checkpoint}");

        Assert.That(second.GetProperty("ok").GetBoolean(), Is.True, second.ToString());
        Assert.That(second.GetProperty("checks")[0].GetProperty("detail").GetString(), Does.StartWith("entries 4 to 5:"));
        using var other = await (await app.NewAccount(credits: 1)).Get($"v1/credits/verify?checkpoint={checkpoint}");
        Assert.That((int)other.StatusCode, Is.EqualTo(400));
    }

    private async Task<Job> TheJob() => (await Tests.Faults.Invariants.Hold(account, job)).Single();

    private async Task<JsonElement> Verify(string query)
    {
        using var answer = await app.Operator(HttpMethod.Get, $"v1/operator/verify{query}");
        Assert.That((int)answer.StatusCode, Is.EqualTo(200));
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    private async Task<string> Faults()
    {
        var wrong = (await Verify($"?account={account.Id}")).GetProperty("data").EnumerateArray();
        return string.Join("; ", wrong.SelectMany(one => one.GetProperty("checks").EnumerateArray())
            .Where(check => !check.GetProperty("ok").GetBoolean())
            .Select(check => $"{check.GetProperty("name")}: {check.GetProperty("detail")}"));
    }
}
