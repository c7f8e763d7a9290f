using System.Net;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Pipeline.Tests.Telemetry;

/// <summary>A collector on this machine that takes OTLP over HTTP and keeps what it was sent, as bytes.</summary>
/// <remarks>
/// Field numbers are of https://github.com/open-telemetry/opentelemetry-proto/tree/main/opentelemetry/proto, for which there is no package
/// here.
/// </remarks>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly WebApplication web;
    private readonly List<(string Signal, byte[] Body)> received = [];

    private OtlpReceiver(WebApplication web) => this.web = web;

    public string Address => web.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();

    public static async Task<OtlpReceiver> Start()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new OtlpReceiver(builder.Build());
        receiver.web.MapPost("/v1/{signal}", receiver.Receive);
        await receiver.web.StartAsync();
        return receiver;
    }

    /// <summary>All that came of <c>traces</c>, <c>metrics</c> or <c>logs</c>, in order.</summary>
    public IReadOnlyList<byte[]> Of(string signal)
    {
        lock (received) return [.. received.Where(one => one.Signal == signal).Select(one => one.Body)];
    }

    /// <summary>
    /// The latest value of each of our metrics, by its name and its tags: <c>pipeline.jobs state=queued tier=512</c>; of a histogram, how
    /// often it was recorded.
    /// </summary>
    public IReadOnlyDictionary<string, double> Metrics()
    {
        var values = new Dictionary<string, double>();
        foreach (var body in Of("metrics"))
        {
            // ResourceMetrics, ScopeMetrics, Metric.
            foreach (var metric in Parts(body, 1).SelectMany(part => Parts(part, 2)).SelectMany(part => Parts(part, 2)))
            {
                var name = Parts(metric, 1).Single().ToStringUtf8();
                // Gauge and Sum have NumberDataPoints, Histogram its own.
                foreach (var point in new[] { 5, 7 }.SelectMany(kind => Parts(metric, kind)).SelectMany(data => Parts(data, 1)))
                    values[name + Tags(point, 7)] = Number(point, 6, isInteger: true) ?? Number(point, 4, isInteger: false) ?? 0;
                foreach (var point in Parts(metric, 9).SelectMany(data => Parts(data, 1)))
                    values[name + Tags(point, 9)] = Number(point, 4, isInteger: true) ?? 0;
            }
        }

        return values;
    }

    /// <summary>The names of all spans.</summary>
    public IReadOnlyList<string> Spans() =>
    [
        .. Of("traces").SelectMany(body => Parts(body, 1)).SelectMany(part => Parts(part, 2)).SelectMany(part => Parts(part, 2))
            .Select(span => Parts(span, 5).Single().ToStringUtf8()),
    ];

    public async ValueTask DisposeAsync() => await web.DisposeAsync();

    private async Task Receive(HttpContext http, string signal)
    {
        using var body = new MemoryStream();
        await http.Request.Body.CopyToAsync(body);
        lock (received) received.Add((signal, body.ToArray()));
        http.Response.ContentType = "application/x-protobuf";
    }

    private static List<ByteString> Parts(byte[] message, int field) => Parts(ByteString.CopyFrom(message), field);

    /// <summary>The parts of a message that have a number and a length.</summary>
    private static List<ByteString> Parts(ByteString message, int field)
    {
        var parts = new List<ByteString>();
        var input = message.CreateCodedInput();
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.LengthDelimited)) parts.Add(input.ReadBytes());
            else input.SkipLastField();
        }

        return parts;
    }

    private static double? Number(ByteString point, int field, bool isInteger)
    {
        var input = point.CreateCodedInput();
        while (input.ReadTag() is var tag && tag != 0)
        {
            if (tag == WireFormat.MakeTag(field, WireFormat.WireType.Fixed64)) return isInteger ? input.ReadSFixed64() : input.ReadDouble();
            input.SkipLastField();
        }

        return null;
    }

    // A KeyValue has an AnyValue, which here is a string.
    private static string Tags(ByteString point, int field) => string.Concat(Parts(point, field)
        .Select(tag => $" {Parts(tag, 1).Single().ToStringUtf8()}={Parts(Parts(tag, 2).Single(), 1).Single().ToStringUtf8()}")
        .Order(StringComparer.Ordinal));
}
