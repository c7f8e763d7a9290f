using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Manifests;

namespace Pipeline.Operator;

/// <summary>Files in the container <c>manifests</c> that are of no account: nothing is done with them.</summary>
public sealed class ListUnownedFiles(TableServiceClient tables, ListFiles files)
{
    /// <summary>Files in one answer. Whoever has more knows enough.</summary>
    private const int FilesMax = 1000;

    [Function("ListUnownedFiles")]
    [Summary("Manifest files whose name does not begin with an account's id. Once there is such an account, they run.")]
    [Answer(200, $"The first 1,000 of them.", typeof(UnownedFilesView))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "get", Route = "v1/operator/unowned-files")] HttpRequest request,
        CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var accounts = await AccountKeys.All(tables, cancel).ToHashSetAsync(cancellationToken: cancel);
        var found = new List<UnownedFileView>();
        await foreach (var (owner, all) in files.ByOwner(cancel))
        {
            if (AccountId.TryParse(owner, out var account) && accounts.Contains(account)) continue;
            found.AddRange(all.Select(file => new UnownedFileView(file.Blob, file.Bytes, file.DroppedAt)).Take(FilesMax - found.Count));
            if (found.Count == FilesMax) break;
        }

        return Results.Json(new UnownedFilesView("list", found), Json.Options);
    }

    /// <summary>Files as the contract shows them.</summary>
    public sealed record UnownedFilesView([AllowedValues("list")] string Object, IReadOnlyList<UnownedFileView> Data);

    public sealed record UnownedFileView([Description("Its name in the container.")] string Blob, long Bytes, DateTimeOffset DroppedAt);
}
