using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>Absolute URLs of the app itself, as its callers can use them.</summary>
/// <remarks>
/// Headers such as <c>X-Forwarded-Host</c> are not believed: any caller can send them. <see cref="HttpOptions.PublicUrl"/> says it.
/// </remarks>
/// <param name="options">What the operator says.</param>
/// <param name="host">
/// What the platform says: <c>WEBSITE_HOSTNAME</c>, host and port, which Azure and Core Tools set; null if it says nothing.
/// </param>
public sealed class PublicUrls(HttpOptions options, string? host)
{
    /// <param name="request">The request that is answered.</param>
    /// <param name="path">Without a slash at its beginning, as <c>v1/jobs/job_…</c>.</param>
    public string Of(HttpRequest request, string path) => Said(path) ?? $"{request.Scheme}://{request.Host}/{path}";

    /// <summary>The same where no request is answered.</summary>
    public string Of(string path) =>
        Said(path) ?? (Uri.TryCreate($"https://{host}/{path}", UriKind.Absolute, out var url)
            ? url.IsLoopback ? $"http://{host}/{path}" : url.AbsoluteUri
            : "/" + path);

    private string? Said(string path) =>
        options.PublicUrl is { } url ? $"{url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}" : null;
}
