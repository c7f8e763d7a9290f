using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;

namespace Pipeline.Webhooks;

/// <summary>Sets the account's endpoint. One that was disabled is enabled by that.</summary>
public sealed class SaveWebhook(Callers callers, WebhookTable webhooks, GuardedHttp guarded, TimeProvider time)
{
    private const long BodyBytesMax = 64 * 1024;

    /// <summary>A caller waits meanwhile; each delivery looks the name up again.</summary>
    private static readonly TimeSpan LookupMax = TimeSpan.FromSeconds(2);

    [Function("SaveWebhook")]
    [Summary("Sets the account's endpoint, which is told of its events; enables one that was disabled.")]
    [Body(typeof(WebhookFields))]
    [Answer(201, "A new endpoint, with a new secret; this is the only place where it is shown.", typeof(WebhookView))]
    [Answer(200, "The endpoint, in the place of the one before. The secret stays.", typeof(WebhookView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "v1/webhook")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        var (url, wanted, errors) = Read(document.RootElement);
        if (errors.Count > 0) return Problems.InvalidRequest(errors);
        if (await guarded.FaultOf(account.Value, url!, LookupMax, cancel) is { } fault)
            return Problems.InvalidRequest([new FieldError("/url", "not_allowed", $"'url' {fault}")]);

        var secret = WebhookSecret.New();
        var now = time.GetUtcNow();
        // A crash after this leaves an endpoint whose secret nobody has seen: POST /v1/webhook/rotate makes another.
        var (_, saved) = await webhooks.Change(account, Save, cancel);
        var isNew = saved!.Secrets.Current == secret;
        return Results.Json(
            WebhookView.Of(saved, now) with { Secret = isNew ? secret.Value : null }, Json.Options,
            statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);

        Webhook Save(Webhook? before) => new()
        {
            Account = account,
            // One that was removed signed for jobs' own addresses, too: those have a day to take the new secret on.
            Secrets = before is null ? WebhookSecrets.Of(secret) : before.Url is null ? before.Secrets.Rotate(secret, now) : before.Secrets,
            Url = url,
            Wanted = wanted!,
            UpdatedAt = now,
        };
    }

    private static (Uri? Url, EventFilter? Wanted, IReadOnlyList<FieldError> Errors) Read(JsonElement json)
    {
        var fields = new JsonFields(json, "");
        var text = fields.Text("url", OutgoingUrl.LengthMax, required: true);
        var url = text is null ? null : OutgoingUrl.Read(text);
        if (text is not null && url is null)
            fields.Refuse("url", "not_allowed", $"'url' must be an https URL of at most {OutgoingUrl.LengthMax:N0} characters.");
        var wanted = WantedEvents.Read(fields, "events");
        return (url, wanted, fields.RefuseOthers());
    }

    /// <summary>What callers send.</summary>
    public sealed record WebhookFields(
        [WebAddress(OutgoingUrl.LengthMax)] string Url,
        [WantedEvents] IReadOnlyList<string>? Events);
}
