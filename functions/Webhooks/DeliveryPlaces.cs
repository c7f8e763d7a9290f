using Pipeline.Http;

namespace Pipeline.Webhooks;

/// <summary>
/// The deliveries that an instance makes at once: so many to one endpoint, so many of one account whatever endpoints it names, and so many
/// in all. One for the whole app: a function's own object lives no longer than its message.
/// </summary>
public sealed class DeliveryPlaces(WebhookOptions options)
{
    private readonly SharedPlaces endpoints = new(options.AtOnceMax, options.AtOncePerEndpointMax);
    private readonly SharedPlaces accounts = new(options.AtOnceMax, options.AtOncePerAccountMax);

    /// <returns>A place until it is disposed; null if there is none.</returns>
    public IDisposable? TryEnter(string account, string endpoint)
    {
        if (accounts.TryEnter(account) is not { } ofAccount) return null;
        if (endpoints.TryEnter(endpoint) is { } ofEndpoint) return new Both(ofAccount, ofEndpoint);
        ofAccount.Dispose();
        return null;
    }

    private sealed class Both(IDisposable account, IDisposable endpoint) : IDisposable
    {
        public void Dispose()
        {
            endpoint.Dispose();
            account.Dispose();
        }
    }
}
