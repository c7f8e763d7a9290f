using System.Text.Json;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Makes a job of what was sent, or says all that is wrong with it. No job is stored.</summary>
public sealed class CheckJob(
    Presets presets, ResolveImages resolve, Ledger ledger, OutgoingOptions outgoing, Catalogue catalogue, TimeProvider time)
{
    /// <summary>Checks, and stores nothing at all, nor fetches anything.</summary>
    /// <param name="account">Who sent it.</param>
    /// <param name="json">The fields of <c>POST /v1/jobs</c>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The job as it would begin, or what is wrong: exactly one of the two.</returns>
    public Task<(Job? Job, Problem? Problem)> Only(AccountId account, JsonElement json, CancellationToken cancel) =>
        From(account, json, stores: false, cancel);

    /// <summary>Checks, fetches the images that go along, and stores them as references. Otherwise like <see cref="Only"/>.</summary>
    public Task<(Job? Job, Problem? Problem)> AndStore(AccountId account, JsonElement json, CancellationToken cancel) =>
        From(account, json, stores: true, cancel);

    private async Task<(Job? Job, Problem? Problem)> From(
        AccountId account, JsonElement json, bool stores, CancellationToken cancel)
    {
        var (fields, noPreset) = await presets.Apply(account, json, cancel);
        if (noPreset is not null) return (null, Problems.InvalidRequest([noPreset]));
        if (ReadJobRequest.From(fields, "", catalogue, out var errors) is not { } asked) return (null, Problems.InvalidRequest(errors));
        if (WebhookFault(asked.WebhookUrl, "", outgoing) is { } fault) return (null, Problems.InvalidRequest([fault]));
        if (stores && await TooFewToStore(account, asked, cancel) is { } tooFew) return (null, tooFew);
        var now = time.GetUtcNow();
        return await (stores ? resolve.Run(account, asked, cancel) : resolve.Check(account, asked, cancel)) switch
        {
            Resolution.Refused refused => (null, Problems.InvalidRequest(refused.Errors)),
            Resolution.Resolved resolved => (Begin(account, resolved, now), null),
            _ => throw new InvalidOperationException("The images of a job are there or not."),
        };
    }

    /// <summary>
    /// Whoever cannot pay for the job stores and fetches nothing with it either. The hold decides again, with the balance of then.
    /// </summary>
    private async Task<Problem?> TooFewToStore(AccountId account, JobRequest asked, CancellationToken cancel)
    {
        if (!asked.AllImages.Any(named => named.Image is ImageSource.Inline or ImageSource.Web)) return null;
        var books = await ledger.Read(account, cancel) ?? Books.Empty;
        var (price, available) = (JobPrice.Of(asked.Model, asked.Num).Credits, books.Balance.Available);
        if (available < price) return Problems.InsufficientCredits(price, available);
        return LimitReached.By(books.At(time.GetUtcNow()), price, jobs: 1) is { } limit
            ? Problems.LimitReached(limit.ToString(), limit.RetryAfter)
            : null;
    }

    /// <summary>
    /// What is wrong with a <c>webhook_url</c>, as far as its text tells; null if nothing. Its name is looked up at each delivery.
    /// </summary>
    internal static FieldError? WebhookFault(string? url, string pointer, OutgoingOptions outgoing) =>
        url is not null && OutgoingUrl.FaultOf(new Uri(url), outgoing) is { } fault
            ? new FieldError(pointer + "/webhook_url", "not_allowed", $"'webhook_url' {fault}")
            : null;

    private static Job Begin(AccountId account, Resolution.Resolved resolved, DateTimeOffset now) =>
        NewJob.From(account, JobId.New(now), resolved.Request, manifest: null, now) with
        {
            Parent = resolved.Parent,
            Conversation = resolved.Conversation,
        };
}
