using System.ComponentModel;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;

namespace Pipeline.Operator;

/// <summary>Takes credits back that are neither held nor spent, once per reference.</summary>
public sealed class RevokeCredits(MoveOnce once)
{
    [Function("RevokeCredits")]
    [Summary("Takes available credits back from an account, once per reference.")]
    [Body(typeof(RevocationFields))]
    [Answer(201, "The balance after it.", typeof(CreditsView))]
    [Answer(200, "The balance now: this was done before.", typeof(CreditsView), Headers = ["Idempotent-Replayed"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.IdempotencyKeyReused)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/accounts/{id}/revocations")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        if (!AccountId.TryParse(id, out var account)) return MoveOnce.NoAccount(id);
        var body = await ReadBody.Json(request, MoveOnce.BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (Read(document.RootElement, out var errors) is not { } asked) return Problems.InvalidRequest(errors);

        var category = asked.Category ?? CreditCategory.Paid;
        var transfer = new Transfer(TransferKind.Revoke, asked.Credits, asked.Reference, category) { Reason = asked.Reason };
        return await once.Run(request, account, transfer, Decide, TooFew, cancel);

        Decision Decide(Books books) => books.Free(category) is var free && free < asked.Credits
            ? new Decision.Insufficient(asked.Credits, free)
            : new Decision.Accept([transfer], []);

        Problem TooFew(CommitResult.Insufficient few) => Problems.InvalidRequest([new FieldError(
            "/credits", "out_of_range",
            $"{few.Available} {Json.Name(category)} credits are available, fewer than {few.Needed}: what is held or spent stays.")]);
    }

    private static RevocationFields? Read(JsonElement json, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, "");
        var credits = fields.Whole("credits", 1, AccountLimits.CreditsMax, required: true);
        var category = fields.OneOf<CreditCategory>("category") ?? CreditCategory.Paid;
        var reason = fields.Text("reason", MoveOnce.ReasonLengthMax, required: true);
        var reference = fields.Text("reference", MoveOnce.ReferenceLengthMax, required: true);
        errors = fields.RefuseOthers();
        return errors.Count > 0 ? null : new RevocationFields(credits!.Value, category, reason!, reference!);
    }

    /// <summary>What the operator sends.</summary>
    public sealed record RevocationFields(
        [Whole(1, AccountLimits.CreditsMax)] long Credits,
        [DefaultValue(CreditCategory.Paid), Description("Of these, what expires last goes first.")] CreditCategory? Category,
        [Text(MoveOnce.ReasonLengthMax), Description("Why; the account's owner reads it.")] string Reason,
        [Text(MoveOnce.ReferenceLengthMax), Description("The operator's name for it.")] string Reference);
}
