namespace Pipeline.Http;

/// <summary>How callers reach the app; settings <c>Http__…</c>.</summary>
public sealed class HttpOptions
{
    /// <summary>
    /// Where callers find the app, as <c>https://images.example</c>: what the URLs in its answers begin with. Needed behind a gateway that
    /// ends TLS or has a name of its own, for the app then sees neither.
    /// </summary>
    /// <value>Default none: scheme and host of each request, as it arrived.</value>
    public Uri? PublicUrl { get; init; }
}
