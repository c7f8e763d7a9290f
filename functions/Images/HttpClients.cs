using System.Net;
using System.Net.Http.Headers;

namespace Pipeline.Images;

/// <summary>The connections to the image API and to where it puts its images. Limits on time are each call's own.</summary>
public static class HttpClients
{
    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(10);

    /// <summary>A connection is not used longer, so that a change of the API's address is noticed.</summary>
    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(5);

    public static HttpClient ForImageApi(ImageApiOptions options)
    {
        var client = Create(redirects: false);
        client.BaseAddress = options.BaseUrl;
        client.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", options.Key);
        return client;
    }

    /// <summary>Without the API's key: images may lie on another host.</summary>
    public static HttpClient ForImages() => Create(redirects: true);

    private static HttpClient Create(bool redirects) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = redirects,
        AutomaticDecompression = DecompressionMethods.None,
        ConnectTimeout = ConnectTimeout,
        PooledConnectionLifetime = ConnectionLifetime,
        // Trace ids and baggage are ours, and no stranger's.
        ActivityHeadersPropagator = null,
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };
}
