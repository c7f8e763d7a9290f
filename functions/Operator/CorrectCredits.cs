using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Azure.Data.Tables;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Jobs;
using Pipeline.Storage;

namespace Pipeline.Operator;

/// <summary>
/// Mends what an earlier entry got wrong, by one more entry: as giving spent credits back for an image that was stored and useless, or
/// freeing credits that are held for a job that is not there.
/// </summary>
public sealed class CorrectCredits(MoveOnce once, Ledger ledger, TableServiceClient tables, JobTable jobs)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    [Function("CorrectCredits")]
    [Summary("Writes a correcting transfer, once per reference.")]
    [Body(typeof(CorrectionFields))]
    [Answer(201, "The balance after it.", typeof(CreditsView))]
    [Answer(200, "The balance now: this was done before.", typeof(CreditsView), Headers = ["Idempotent-Replayed"])]
    [Refuses(ProblemCode.NotFound, ProblemCode.IdempotencyKeyReused)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Function, "post", Route = "v1/operator/accounts/{id}/corrections")] HttpRequest request,
        string id, CancellationToken cancel)
    {
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        if (!AccountId.TryParse(id, out var account) || await ledger.Read(account, cancel) is not { } now) return MoveOnce.NoAccount(id);
        var body = await ReadBody.Json(request, MoveOnce.BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (Read(document.RootElement, out var errors) is not { } asked) return Problems.InvalidRequest(errors);
        if (FaultOf(asked, now.Balance.Version) is { } fault) return Problems.InvalidRequest([fault]);

        var transfer = new Transfer(TransferKind.Correct, asked.Credits, asked.Reference)
        {
            From = asked.From,
            To = asked.To,
            Reason = asked.Reason,
            Corrects = asked.Corrects,
        };
        if (asked.From != Bucket.Held)
            return await once.Run(request, account, transfer, books => Decide(books, transfer, []), TooFew, cancel);

        var hold = await FindHold(account, asked, cancel);
        // Without it, only a correction that was made before can be answered.
        return hold is null
            ? await once.Run(request, account, transfer, books => new Decision.Insufficient(asked.Credits, 0), NoHold, cancel)
            : await once.Run(request, account, transfer, books => Free(books, transfer, hold), TooFew, cancel);

        Problem TooFew(CommitResult.Insufficient few) => Problems.InvalidRequest([new FieldError(
            "/credits", "out_of_range", $"{few.Available} credits are {Json.Name(asked.From)}, fewer than {few.Needed}.")]);
    }

    private static Decision Decide(Books books, Transfer transfer, IReadOnlyList<TableTransactionAction> rows)
    {
        // Granted is the source, which has no end; and no more can be taken out of it again than is in the other buckets.
        var there = books.Balance.Of(transfer.From);
        return transfer.From != Bucket.Granted && there < transfer.Amount
            ? new Decision.Insufficient(transfer.Amount, there)
            : new Decision.Accept([transfer], rows);
    }

    private static Decision Free(Books books, Transfer transfer, OpenHold hold)
    {
        if (hold.Held < transfer.Amount) return new Decision.Insufficient(transfer.Amount, hold.Held);
        var rest = hold with { Held = hold.Held - transfer.Amount };
        return rest.Held == 0
            ? Decide(
                books, transfer with { Jobs = books.OpenJobs > 0 ? -1 : 0 },
                [new(TableTransactionActionType.Delete, hold.ToRow(), hold.ETag)])
            : Decide(books, transfer, [new(TableTransactionActionType.UpdateReplace, rest.ToRow(), hold.ETag)]);
    }

    /// <returns>The open hold of the entry that is corrected, if no job will settle it.</returns>
    private async Task<OpenHold?> FindHold(AccountId account, CorrectionFields asked, CancellationToken cancel)
    {
        var entry = await table.GetEntityAsync<TableEntity>(
            account.Value, LedgerKeys.Entry(asked.Corrects), cancellationToken: cancel);
        var held = Entry.FromRow(entry.Value).Transfer;
        if (held.Kind != TransferKind.Hold || !JobId.TryParse(held.Reference, out var job)) return null;
        if (await jobs.Read(account, job, cancel) is { IsTerminal: false }) return null;
        var row = await table.GetEntityIfExistsAsync<TableEntity>(
            account.Value, LedgerKeys.Open(held.Reference), cancellationToken: cancel);
        return row.HasValue ? OpenHold.FromRow(row.Value!) : null;
    }

    private static Problem NoHold(CommitResult.Insufficient few) => Problems.InvalidRequest([new FieldError(
        "/corrects", "not_allowed",
        "Credits leave 'held' only by correcting the hold of a job that is not there or done. An open job is ended by its own cancel.")]);

    private static FieldError? FaultOf(CorrectionFields asked, long version) =>
        asked.From == asked.To ? new("/to", "not_allowed", "'to' must be another bucket than 'from'.")
        : asked.Corrects > version ? new("/corrects", "out_of_range", $"'corrects' must be an entry; the last one is {version}.")
        : null;

    private static CorrectionFields? Read(JsonElement json, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, "");
        var credits = fields.Whole("credits", 1, AccountLimits.CreditsMax, required: true);
        var from = Required(fields, "from");
        var to = Required(fields, "to");
        if (to == Bucket.Held) fields.Refuse("to", "not_allowed", "'to' cannot be held: only jobs and manifests hold credits.");
        var corrects = fields.Whole("corrects", 1, long.MaxValue, required: true);
        var reason = fields.Text("reason", MoveOnce.ReasonLengthMax, required: true);
        var reference = fields.Text("reference", MoveOnce.ReferenceLengthMax, required: true);
        errors = fields.RefuseOthers();
        return errors.Count > 0
            ? null
            : new CorrectionFields(credits!.Value, from!.Value, to!.Value, corrects!.Value, reason!, reference!);
    }

    private static Bucket? Required(JsonFields fields, string name)
    {
        var bucket = fields.OneOf<Bucket>(name);
        if (bucket is null && fields.Any(name) is null)
            fields.Refuse(name, "required", $"'{name}' is required: granted, available, held or spent.");
        return bucket;
    }

    /// <summary>What the operator sends.</summary>
    public sealed record CorrectionFields(
        [Whole(1, AccountLimits.CreditsMax)] long Credits,
        [Description("Where they leave. held: only those of a job that is not there or done, whose hold 'corrects' names.")] Bucket From,
        [AllowedValues(Bucket.Available, Bucket.Spent, Bucket.Granted), Description("Another bucket, and not held.")] Bucket To,
        [Whole(1, long.MaxValue), Description("The number of the entry that was wrong.")] long Corrects,
        [Text(MoveOnce.ReasonLengthMax), Description("Why; the account's owner reads it.")] string Reason,
        [Text(MoveOnce.ReferenceLengthMax), Description("The operator's name for it.")] string Reference);
}
