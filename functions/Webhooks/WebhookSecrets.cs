namespace Pipeline.Webhooks;

/// <summary>An account's secret, and for a day the one before it, which signs as well.</summary>
/// <param name="Current">The newest.</param>
/// <param name="Previous">The one before, or null.</param>
/// <param name="PreviousUntil">How long that one signs.</param>
public sealed record WebhookSecrets(WebhookSecret Current, WebhookSecret? Previous, DateTimeOffset? PreviousUntil)
{
    /// <summary>How long a receiver has to take the new secret on.</summary>
    public static readonly TimeSpan Overlap = TimeSpan.FromHours(24);

    public static WebhookSecrets Of(WebhookSecret secret) => new(secret, null, null);

    /// <summary>With a new secret; of the two before, the older signs no more.</summary>
    public WebhookSecrets Rotate(WebhookSecret to, DateTimeOffset now) => new(to, Current, now + Overlap);

    /// <summary>The header <c>webhook-signature</c>: one signature, or two between which is a space.</summary>
    /// <inheritdoc cref="WebhookSecret.Sign"/>
    public string Sign(string id, DateTimeOffset sentAt, ReadOnlySpan<byte> body) =>
        Previous is { } previous && sentAt < PreviousUntil
            ? $"{Current.Sign(id, sentAt, body)} {previous.Sign(id, sentAt, body)}"
            : Current.Sign(id, sentAt, body);
}
