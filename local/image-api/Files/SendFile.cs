using Local.ImageApi.Calls;
using Local.ImageApi.Faults;
using Local.ImageApi.Pictures;

namespace Local.ImageApi.Files;

/// <summary>The download of a picture, or what goes wrong with it.</summary>
internal sealed class SendFile(SimulatorOptions options, Shelf shelf, StatsBook stats)
{
    /// <summary>A trickle of 1 kB a second: any download stands still, but never silently.</summary>
    private const int TrickleBytes = 256;

    private static readonly TimeSpan TricklePause = TimeSpan.FromMilliseconds(250);

    public Task Handle(HttpContext http, string name, CancellationToken left) => shelf.Find(name) switch
    {
        null or { Fault: Fault.UrlNotFound } => Answer.Json.Refused(404, "No such file, or it has expired").Send(http, left),
        { Fault: Fault.UrlHtml } => new Answer.Html().Send(http, left),
        { Fault: Fault.UrlHuge } => SendEndlessly(http, left),
        { } item => Send(http, item, left),
    };

    private async Task Send(HttpContext http, Shelf.Item item, CancellationToken left)
    {
        using var png = new PngFile(item.Picture, options.ImageBytes);
        http.Response.ContentType = "image/png";
        http.Response.ContentLength = png.Length;

        // With less sent than was declared the server closes the connection by itself.
        var sendable = item.Fault == Fault.UrlTruncated ? png.Length / 2 : png.Length;
        foreach (var part in png.Parts())
        {
            var bytes = part[..(int)Math.Min(part.Length, sendable)];
            sendable -= bytes.Length;
            if (sendable == 0 && item.Fault != Fault.UrlTruncated) stats.Downloaded(); // Whoever has the last byte finds it counted.
            if (item.Fault == Fault.UrlSlow) await Trickle(http, bytes, left);
            else await http.Response.Body.WriteAsync(bytes, left);
            if (sendable == 0) break;
        }
    }

    private async Task Trickle(HttpContext http, ReadOnlyMemory<byte> bytes, CancellationToken left)
    {
        for (; !bytes.IsEmpty; bytes = bytes[Math.Min(bytes.Length, TrickleBytes)..])
        {
            await http.Response.Body.WriteAsync(bytes[..Math.Min(bytes.Length, TrickleBytes)], left);
            await http.Response.Body.FlushAsync(left);
            await Task.Delay(TricklePause, options.Time, left);
        }
    }

    /// <summary>Begins like a PNG, tells no length and goes on until the caller leaves.</summary>
    private static async Task SendEndlessly(HttpContext http, CancellationToken left)
    {
        http.Response.ContentType = "image/png";
        var bytes = new byte[64 * 1024];
        PngFile.Signature.CopyTo(bytes);
        while (true) await http.Response.Body.WriteAsync(bytes, left);
    }
}
