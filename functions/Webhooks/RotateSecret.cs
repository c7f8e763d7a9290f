using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Webhooks;

/// <summary>Makes the account another secret. For a day deliveries carry two signatures, so that receivers have time.</summary>
public sealed class RotateSecret(Callers callers, WebhookTable webhooks, TimeProvider time)
{
    [Function("RotateWebhookSecret")]
    [Summary("Makes another secret. For 24 hours the one before signs as well; a second rotation ends it at once.")]
    [Answer(200, "The secret; this is the only place where it is shown.", typeof(SecretView))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "v1/webhook/rotate")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var secret = WebhookSecret.New();
        var now = time.GetUtcNow();
        // A crash after this leaves a secret that nobody has seen; a day is left to make another.
        var (_, after) = await webhooks.Change(account, Rotate, cancel);
        return Results.Json(new SecretView("webhook_secret", secret.Value, after!.Secrets.PreviousUntil), Json.Options);

        // Also without an endpoint: the addresses that jobs name are signed with it, too. Null if a lost answer is why it is asked again.
        Webhook? Rotate(Webhook? before) =>
            before is null ? new Webhook { Account = account, Secrets = WebhookSecrets.Of(secret), UpdatedAt = now }
            : before.Secrets.Current == secret ? null
            : before with { Secrets = before.Secrets.Rotate(secret, now) };
    }

    /// <summary>A new secret as the contract shows it.</summary>
    public sealed record SecretView(
        [AllowedValues("webhook_secret")] string Object,
        string Secret,
        [Description("How long the one before signs as well; null if there was none.")] DateTimeOffset? PreviousUntil);
}
