using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>Absolute URLs of the app itself, as its callers can use them.</summary>
/// <remarks>
/// Headers such as <c>X-Forwarded-Host</c> are not believed: any caller can send them. <see cref="HttpOptions.PublicUrl"/> says it.
/// </remarks>
public sealed class PublicUrls(HttpOptions options)
{
    /// <param name="request">The request that is answered.</param>
    /// <param name="path">Without a slash at its beginning, as <c>v1/jobs/job_…</c>.</param>
    public string Of(HttpRequest request, string path) => options.PublicUrl is { } url
        ? $"{url.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{path}"
        : $"{request.Scheme}://{request.Host}/{path}";
}
