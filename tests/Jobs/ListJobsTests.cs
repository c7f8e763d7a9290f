using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Tests.Jobs;

/// <summary>Lists of jobs against real tables, with the requests to them counted.</summary>
public sealed class ListJobsTests
{
    private const int Jobs = 60;

    private static readonly Catalogue Catalogue = Catalogue.Load();
    private static readonly DateTimeOffset Begin = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    private readonly CountRequests requests = new();
    private TableServiceClient tables = null!;
    private readonly RequestRate rate = new();
    private ListJobs list = null!;
    private ApiKey key;

    [OneTimeSetUp]
    public async Task Write_jobs_a_second_apart()
    {
        var storage = Tests.Storage.NewAccount();
        var options = new TableClientOptions();
        options.AddPolicy(requests, HttpPipelinePosition.PerRetry);
        tables = new TableServiceClient(storage, options);
        await tables.CreateTableIfNotExistsAsync(StorageNames.LedgerTable);
        await tables.CreateTableIfNotExistsAsync(StorageNames.AccountsTable);

        list = new ListJobs(
            new Callers(tables, rate, TimeProvider.System), Catalogue, new JobTable(tables, new JobRow(Catalogue)),
            new JobViews(new SignedUrls(new BlobServiceClient(storage), new OutputOptions(), TimeProvider.System)));
        key = await NewAccount("demo");
        var rows = Enumerable.Range(0, Jobs).Select(n => JobRow.Whole(NewJob(n)));
        await tables.GetTableClient(StorageNames.LedgerTable)
            .SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)));
        await Get("");
    }

    [TestCase("")]
    [TestCase("?limit=7")]
    [TestCase("?status=failed")]
    [TestCase("?status=expired")]
    [TestCase("?model=4k&manifest=mf_a&status=failed&limit=2")]
    [TestCase("?created_after=2026-11-22T12:00:10Z&created_before=2026-11-22T12:00:20Z")]
    public async Task A_page_is_one_storage_request_whatever_it_is_narrowed_down_to(string query)
    {
        for (string? cursor = ""; cursor is not null;)
        {
            var before = requests.Count;
            var page = await Get(cursor.Length == 0 ? query : $"{(query.Length == 0 ? "?" : query + "&")}cursor={cursor}");

            Assert.That(requests.Count - before, Is.EqualTo(1));
            cursor = page.GetProperty("next_cursor").GetString();
        }
    }

    [Test]
    public async Task All_pages_together_have_each_job_once_the_newest_first([Values(1, 7, 59, 60, 61, 100)] int limit) =>
        Assert.That(await All($"limit={limit}"), Is.EqualTo(Enumerable.Range(0, Jobs).Reverse().Select(Name)));

    [Test]
    public async Task Without_a_limit_a_page_has_twenty() =>
        Assert.That((await Get("")).GetProperty("data").GetArrayLength(), Is.EqualTo(20));

    [TestCase("status=failed", 3, 13, 23, 33, 43, 53)]
    [TestCase("model=4k&status=failed", 3, 23, 43)]
    [TestCase("model=gemini-3.1-flash-image-preview-4k&status=failed", 3, 23, 43)]
    [TestCase("manifest=mf_a", 7, 17, 27, 37, 47, 57)]
    [TestCase("manifest=mf_b")]
    public async Task It_is_narrowed_down_by_status_model_and_manifest(string query, params int[] jobs) =>
        Assert.That(await All(query + "&limit=2"), Is.EqualTo(jobs.Reverse().Select(Name)));

    [TestCase("created_after=2026-11-22T12:00:57Z", 57, 58, 59)]
    [TestCase("created_after=2026-11-22T12:00:57.001Z", 58, 59)]
    [TestCase("created_after=2026-11-22T13:00:57%2B01:00", 57, 58, 59)]
    [TestCase("created_before=2026-11-22T12:00:02Z", 0, 1)]
    [TestCase("created_before=2026-11-22T12:00:02.0000001Z", 0, 1, 2)]
    [TestCase("created_after=2026-11-22T12:00:10Z&created_before=2026-11-22T12:00:12Z", 10, 11)]
    [TestCase("created_after=2026-11-22T12:00:12Z&created_before=2026-11-22T12:00:10Z")]
    [TestCase("created_before=1960-01-01T00:00:00Z")]
    [TestCase("created_after=9999-12-31T23:59:59Z")]
    public async Task It_is_narrowed_down_from_a_time_on_and_to_before_another(string query, params int[] jobs) =>
        Assert.That(await All(query), Is.EqualTo(jobs.Reverse().Select(Name)));

    [TestCase("status=done", "?status")]
    [TestCase("model=dall-e-3", "?model")]
    [TestCase("manifest=autumn", "?manifest")]
    [TestCase("limit=101", "?limit")]
    [TestCase("created_after=2026-11-22", "?created_after")]
    [TestCase("created_after=2026-11-22T12:00:00", "?created_after")]
    [TestCase("created_before=2026-11-22T13:00:57+01:00", "?created_before")]
    [TestCase("cursor=x", "?cursor")]
    [TestCase("cursor=AAAAAAAAAAAAAAAA", "?cursor")]
    [TestCase("state=failed", "?state")]
    public async Task A_bad_parameter_is_named(string query, string pointer)
    {
        var problem = await Get("?" + query, status: 400);

        Assert.That(problem.GetProperty("errors")[0].GetProperty("pointer").GetString(), Is.EqualTo(pointer));
    }

    [Test]
    public async Task A_cursor_is_good_for_the_account_it_was_given_to_and_only_unchanged()
    {
        var cursor = (await Get("")).GetProperty("next_cursor").GetString()!;
        var other = await NewAccount("other");

        await Get($"?cursor={cursor}&limit=5&status=failed");
        await Get($"?cursor={cursor}", status: 400, other);
        await Get($"?cursor={cursor[..^1]}", status: 400);
        await Get($"?cursor={(cursor[0] == 'A' ? 'B' : 'A')}{cursor[1..]}", status: 400);
        Assert.That((await Get("", other: other)).GetProperty("data").GetArrayLength(), Is.Zero);
    }

    [Test]
    public async Task A_position_that_the_service_refuses_is_no_page_and_a_fault_without_one_stays_a_fault()
    {
        var table = tables.GetTableClient(StorageNames.LedgerTable);

        Assert.That(await RowPage.Read(table, "Number equals", 1, "a b", default), Is.Null);
        Assert.ThrowsAsync<RequestFailedException>(() => RowPage.Read(table, "Number equals", 1, null, default));
    }

    private static string Name(int n) => $"n{n}";

    /// <summary>Every tenth failed, every fourth is 4K, every tenth came with a manifest.</summary>
    private static Job NewJob(int n)
    {
        var at = Begin.AddSeconds(n);
        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Models[n % 4], CustomId = Name(n) };
        return Pipeline.Jobs.NewJob.From(AccountId.Parse("demo"), JobId.New(at), request, n % 10 == 7 ? "mf_a" : null, at) with
        {
            Status = n % 10 == 3 ? JobStatus.Failed : JobStatus.Succeeded,
        };
    }

    private async Task<ApiKey> NewAccount(string id)
    {
        var fresh = ApiKey.New();
        await tables.GetTableClient(StorageNames.AccountsTable)
            .AddEntityAsync(AccountKeys.KeyRow(fresh, AccountId.Parse(id), DateTimeOffset.UtcNow));
        return fresh;
    }

    private async Task<List<string>> All(string query)
    {
        var names = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var page = await Get($"?{query}{(cursor.Length == 0 ? "" : $"&cursor={cursor}")}");
            names.AddRange(page.GetProperty("data").EnumerateArray().Select(job => job.GetProperty("custom_id").GetString()!));
            cursor = page.GetProperty("next_cursor").GetString();
        }

        return names;
    }

    private async Task<JsonElement> Get(string query, int status = 200, ApiKey? other = null)
    {
        using var body = new MemoryStream();
        await using var services = new ServiceCollection().AddLogging().BuildServiceProvider();
        var http = new DefaultHttpContext { RequestServices = services };
        http.Request.QueryString = new QueryString(query);
        http.Request.Headers.Authorization = $"Bearer {(other ?? key).Value}";
        http.Response.Body = body;

        await (await list.Run(http.Request, default)).ExecuteAsync(http);

        Assert.That(http.Response.StatusCode, Is.EqualTo(status));
        return JsonElement.Parse(body.ToArray());
    }
}
