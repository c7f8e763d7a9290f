using System.ComponentModel;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;

namespace Pipeline.Operator;

/// <summary>Gives an account credits, once per reference.</summary>
public sealed class GrantCredits(MoveOnce once, TimeProvider time)
{
    /// <summary>The last day that every calendar of a client knows.</summary>
    private static readonly DateTimeOffset ExpiresMax = new(9999, 12, 31, 0, 0, 0, TimeSpan.Zero);

    [Function("GrantCredits")]
    [Summary("Gives an account credits, once per reference.")]
    [Body(typeof(GrantFields))]
    [Answer(201, "The balance after it.", typeof(CreditsView))]
    [Answer(200, "The balance now: this grant was made before.", typeof(CreditsView), Headers = ["Idempotent-Replayed"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.IdempotencyKeyReused)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/accounts/{id}/grants")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        if (!AccountId.TryParse(id, out var account)) return MoveOnce.NoAccount(id);
        var body = await ReadBody.Json(request, MoveOnce.BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (ReadGrant(document.RootElement, out var errors) is not { } grant) return Problems.InvalidRequest(errors);
        var transfer = new Transfer(TransferKind.Grant, grant.Credits, grant.Reference, grant.Category) { ExpiresAt = grant.ExpiresAt };
        // Decided with the rest, not before: a grant that was made in time is answered again when its time is over.
        var isToCome = grant.ExpiresAt is not { } at || (at > time.GetUtcNow() && at <= ExpiresMax);
        return await once.Run(request, account, transfer, Decide, few => isToCome ? TooManyLots(few) : NotToCome(), cancel);

        Decision Decide(Books books) => !isToCome || books.After(transfer).Lots.All.Count > Lots.CountMax
            ? new Decision.Insufficient(Lots.CountMax + 1, Lots.CountMax)
            : new Decision.Accept([transfer], []);
    }

    private static GrantFields? ReadGrant(JsonElement json, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, "");
        var credits = fields.Whole("credits", 1, AccountLimits.CreditsMax, required: true);
        var category = fields.OneOf<CreditCategory>("category") ?? CreditCategory.Paid;
        var expiresAt = fields.Time("expires_at");
        var reference = fields.Text("reference", MoveOnce.ReferenceLengthMax, required: true);
        errors = fields.RefuseOthers();
        return errors.Count > 0
            ? null
            : new GrantFields(credits!.Value, category, expiresAt is { } at ? EntryHash.Milliseconds(at) : null, reference!);
    }

    private static Problem NotToCome() => Problems.InvalidRequest([new FieldError(
        "/expires_at", "out_of_range", $"'expires_at' must be a time to come, before {ExpiresMax:yyyy-MM-dd}.")]);

    private static Problem TooManyLots(CommitResult.Insufficient few) => Problems.InvalidRequest([new FieldError(
        "/expires_at", "not_allowed",
        $"The account has credits of {few.Available} categories and expiry times, the most there may be. Use one of these times.")]);

    /// <summary>What the operator sends.</summary>
    public sealed record GrantFields(
        [Whole(1, AccountLimits.CreditsMax)] long Credits,
        [DefaultValue(CreditCategory.Paid), Description("Promotional credits are spent first.")] CreditCategory? Category,
        [Description("When what is neither spent nor held by then expires; never, if it is left out.")] DateTimeOffset? ExpiresAt,
        [Text(MoveOnce.ReferenceLengthMax), Description("The operator's name for it, as an invoice's number.")] string Reference);
}
