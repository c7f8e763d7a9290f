using System.ComponentModel;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>The caller's jobs, newest first. A page is one storage request, whatever it is narrowed down to.</summary>
public sealed class ListJobs(Callers callers, Catalogue catalogue, JobTable jobs, JobViews views)
{
    [Function("ListJobs")]
    [Summary("The account's jobs, newest first.")]
    [Query(typeof(JobsQuery))]
    [Answer(200, "One page of them.", typeof(ListView<JobView>))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/jobs")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var list = $"jobs/{account}";
        var limit = Paging.Limit(query);
        var position = Paging.Position(query, list);
        var filter = Filter(account, query);
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        if (await jobs.Page(filter, limit, position, cancel) is not { } page) return Paging.NoSuchPosition();
        var data = new List<JobView>(page.Jobs.Count);
        foreach (var job in page.Jobs) data.Add(await views.Of(job, cancel));
        return Paging.Answer(data, Paging.Cursor(page.Next, list));
    }

    /// <summary>Times become a range of keys, for ids begin with the time; the service compares the rest row by row.</summary>
    private string Filter(AccountId account, QueryFields query)
    {
        var status = query.OneOf<JobStatus>("status");
        var model = Model(query);
        var manifest = Manifest(query);
        // From the one and before the other, so that the windows of a caller who goes on from where he was share no job.
        var after = query.Time("created_after") is { } from ? JobId.RowKeyBehind(from) : LedgerKeys.Job("~");
        var before = query.Time("created_before") is { } until ? JobId.RowKeyBehind(until) : LedgerKeys.Job("");

        var filter = LedgerKeys.Filter(account.Value, before, after);
        if (status is not null) filter += " and " + TableClient.CreateQueryFilter($"Status eq {status.Value.ToString()}");
        if (model is not null) filter += " and " + TableClient.CreateQueryFilter($"Model eq {model.Id}");
        if (manifest is not null) filter += " and " + TableClient.CreateQueryFilter($"Manifest eq {manifest}");
        return filter;
    }

    private Model? Model(QueryFields query)
    {
        if (query.Text("model") is not { } name) return null;
        if (catalogue.Find(name) is { } model) return model;
        query.Refuse("model", "not_allowed",
            $"'model' must be one of {string.Join(", ", catalogue.Models.Select(known => known.Id).Concat(Catalogue.ShortNames))}.");
        return null;
    }

    private static string? Manifest(QueryFields query)
    {
        const string Start = "mf_";
        if (query.Text("manifest") is not { } id) return null;
        if (id.StartsWith(Start, StringComparison.Ordinal) && Base32.IsValid(id.AsSpan(Start.Length))) return id;
        query.Refuse("manifest", "not_allowed", "'manifest' must be the id of a manifest, 'mf_…'; GET /v1/manifests lists them.");
        return null;
    }

    /// <summary>What may be asked for.</summary>
    public sealed record JobsQuery : ListQuery
    {
        public JobStatus? Status { get; init; }

        [ModelName]
        public string? Model { get; init; }

        [Description("Only jobs of this manifest.")]
        public string? Manifest { get; init; }

        [Description("Only jobs of this time and later.")]
        public DateTimeOffset? CreatedAfter { get; init; }

        [Description("Only jobs before this time.")]
        public DateTimeOffset? CreatedBefore { get; init; }
    }
}
