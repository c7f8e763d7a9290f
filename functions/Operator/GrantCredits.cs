using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>Gives an account credits, once per reference.</summary>
public sealed class GrantCredits(TableServiceClient tables, Ledger ledger)
{
    private const long BodyBytesMax = 64 * 1024;
    private const int ReferenceLengthMax = 200;
    private const string Paid = "paid";
    private const string Promotional = "promotional";

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
        if (!AccountId.TryParse(id, out var account)) return NoAccount(id);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (ReadGrant(document.RootElement, out var errors) is not { } grant) return Problems.InvalidRequest(errors);

        // The reference's row makes the grant idempotent: it is added in the same transaction as the entry, or neither is.
        var reference = new TableEntity(account.Value, LedgerKeys.Grant(grant.Reference))
        {
            ["Amount"] = grant.Amount,
            ["Category"] = grant.Category,
        };
        var result = await ledger.Commit(
            account, _ => new Decision.Accept([grant], [new(TableTransactionActionType.Add, reference)]), cancel);
        return result switch
        {
            CommitResult.Committed committed => Granted(committed.Balance, StatusCodes.Status201Created),
            CommitResult.RowConflict => await Replay(account, grant, request, cancel),
            _ => NoAccount(id),
        };
    }

    private static Transfer? ReadGrant(JsonElement json, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, "");
        var credits = fields.Whole("credits", 1, CreateAccount.CreditsMax, required: true);
        var category = fields.Text("category", 20) ?? Paid;
        if (category is not (Paid or Promotional))
            fields.Refuse("category", "not_allowed", $"'category' must be {Paid} or {Promotional}.");
        var reference = fields.Text("reference", ReferenceLengthMax, required: true);
        errors = fields.RefuseOthers();
        return errors.Count == 0 ? new Transfer(TransferKind.Grant, credits!.Value, reference!, category) : null;
    }

    private async Task<IResult> Replay(AccountId account, Transfer grant, HttpRequest request, CancellationToken cancel)
    {
        var first = await tables.GetTableClient(StorageNames.LedgerTable)
            .GetEntityAsync<TableEntity>(account.Value, LedgerKeys.Grant(grant.Reference), cancellationToken: cancel);
        if (first.Value.GetInt64("Amount") != grant.Amount || first.Value.GetString("Category") != grant.Category)
            return Problems.ReferenceReused(grant.Reference);

        request.HttpContext.Response.Headers["Idempotent-Replayed"] = "true";
        return Granted(await ledger.Read(account, cancel) ?? Balance.Zero, StatusCodes.Status200OK);
    }

    private static IResult Granted(Balance balance, int status) =>
        Results.Json(CreditsView.From(balance), Json.Options, statusCode: status);

    private static Problem NoAccount(string id) => Problems.NotFound($"There is no account '{id}'. POST /v1/operator/accounts opens one.");

    /// <summary>What the operator sends.</summary>
    public sealed record GrantFields(
        [Whole(1, CreateAccount.CreditsMax)] long Credits,
        [AllowedValues(Paid, Promotional), DefaultValue(Paid)] string? Category,
        [Text(ReferenceLengthMax), Description("The operator's name for it, as an invoice's number.")] string Reference);
}
