using System.Diagnostics;
using System.Globalization;
using Pipeline.Telemetry;

namespace Pipeline.Images;

/// <summary>One request to the image API, as traces and measurements see it; noted when it is disposed of.</summary>
internal sealed class ImageApiCall(Uri api, ImageRequest request, TimeProvider time) : IDisposable
{
    private readonly long began = time.GetTimestamp();
    private readonly Activity? span = Spans.Call(request.IsEdit ? "edit images" : "generate images", api)
        ?.SetTag("gen_ai.request.model", request.Model.Id).SetTag("pipeline.images", request.Num);

    /// <summary>What was answered, or null.</summary>
    public int? Status { get; set; }

    /// <summary>In a word what is wrong, or null. As long as nobody says better, no answer came in time, or nobody waits for one.</summary>
    public string? Fault { get; set; } = "no_answer";

    public void Dispose()
    {
        span.Ended(Status, Fault);
        span?.Dispose();
        Meters.ImageApi(
            time.GetElapsedTime(began), Fault ?? Status?.ToString(CultureInfo.InvariantCulture) ?? "no_answer", request.Model.Tier);
    }
}
