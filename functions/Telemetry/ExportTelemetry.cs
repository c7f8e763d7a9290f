using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Azure.Functions.Worker.OpenTelemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace Pipeline.Telemetry;

/// <summary>
/// Collects traces, metrics and logs, and sends them to Application Insights, to a collector by OTLP, to both or to neither.
/// </summary>
/// <remarks>
/// As https://learn.microsoft.com/azure/azure-functions/opentelemetry-howto has it; <c>telemetryMode</c> in <c>host.json</c> is the host's
/// part of it. Traces are kept without an exporter, too: problems name their trace, and messages carry it.
/// </remarks>
internal static class ExportTelemetry
{
    public static void To(TelemetrySettings settings, FunctionsApplicationBuilder builder)
    {
        // The web server logs each request with its query, and a key of the host's may be in that.
        builder.Logging.AddFilter("Microsoft.AspNetCore", LogLevel.Warning);
        var telemetry = builder.Services.AddOpenTelemetry()
            .UseFunctionsWorkerDefaults()
            .WithTracing(traces => traces.AddSource(Spans.Source))
            .WithMetrics(metrics => metrics.AddMeter(Meters.Source));
        if (settings.ToOtlp) telemetry.UseOtlpExporter();
        if (settings.ApplicationInsights is null) return;

        // Not by its own callback: given one, it does not read OTEL_TRACES_SAMPLER.
        telemetry.UseAzureMonitorExporter();
        builder.Services.Configure<AzureMonitorExporterOptions>(exporter =>
        {
            exporter.ConnectionString = settings.ApplicationInsights;
            // Of traces some are enough; what went wrong is told of each job.
            exporter.EnableTraceBasedLogsSampler = false;
            if (settings.ByIdentity) exporter.Credential = new DefaultAzureCredential(settings.Identity);
        });
    }
}
