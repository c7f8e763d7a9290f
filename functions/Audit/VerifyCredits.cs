using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Audit;

/// <summary>Recomputes the caller's books from the first entry or from a checkpoint on, and compares them with what is open.</summary>
public sealed class VerifyCredits(Callers callers, AuditAccount audit, AuditOptions options)
{
    [Function("VerifyCredits")]
    [Summary("Whether the account's books are right, recomputed entry by entry.")]
    [Query(typeof(VerifyQuery))]
    [Answer(200, "What was checked and found.", typeof(VerificationView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/credits/verify")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        var query = new QueryFields(request.Query);
        var from = ReadCheckpoint(query, account);
        if (query.RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var found = await audit.Run(account, from, withImages: false, cancel);
        return Results.Json(new VerificationView("verification", found.IsRight, found.Checks, found.Checkpoint), Json.Options);
    }

    private Checkpoint? ReadCheckpoint(QueryFields query, AccountId account)
    {
        if (query.Text("checkpoint") is not { } given) return null;
        var checkpoint = options.CheckpointKey.Length > 0 ? Checkpoint.Read(given, account, options.CheckpointKey) : null;
        if (checkpoint is null)
            query.Refuse("checkpoint", "not_allowed",
                "'checkpoint' must be the 'checkpoint' of an earlier verification of this account, signed with the key that is in use now. "
                + "Leave it out to begin with entry 1.");
        return checkpoint;
    }

    /// <summary>What may be asked for.</summary>
    public sealed record VerifyQuery(
        [Description("The 'checkpoint' of an earlier verification: begins after its entry, if that is still the same.")]
        string? Checkpoint);

    /// <summary>All checks together.</summary>
    public sealed record VerificationView(
        [AllowedValues("verification")] string Object, bool Ok, IReadOnlyList<Check> Checks,
        [Description("Keep it for a later verification. Null if a check failed, or the app has no key to sign with.")] string? Checkpoint);
}
