using Azure.Identity;
using Azure.Monitor.OpenTelemetry.Exporter;
using Microsoft.Azure.Functions.Worker.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Pipeline.Telemetry;

namespace Pipeline.Tests.Telemetry;

/// <summary>How Application Insights is written to.</summary>
public sealed class ExportTelemetryTests
{
    private const string Connection = "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://here.example/";

    [Test]
    public void By_default_some_traces_are_kept_and_all_logs()
    {
        var exporter = Exporter();

        Assert.That((exporter.TracesPerSecond, exporter.EnableTraceBasedLogsSampler), Is.EqualTo((5.0, false)));
        Assert.That((exporter.ConnectionString, exporter.Credential), Is.EqualTo((Connection, (object?)null)));
    }

    [Test]
    public void How_many_traces_are_kept_is_OpenTelemetrys_own_setting()
    {
        var exporter = Exporter("--OTEL_TRACES_SAMPLER=microsoft.fixed_percentage", "--OTEL_TRACES_SAMPLER_ARG=0.25");

        Assert.That((exporter.TracesPerSecond, exporter.SamplingRatio), Is.EqualTo(((double?)null, 0.25f)));
    }

    [Test]
    public void It_is_written_to_by_identity_where_that_is_said() => Assert.That(
        Exporter("--APPLICATIONINSIGHTS_AUTHENTICATION_STRING=ClientId=1234;Authorization=AAD").Credential,
        Is.TypeOf<DefaultAzureCredential>());

    /// <summary>Its lines have the query of each request, and <c>?code=</c> may be in that. The local host has a rule of its own.</summary>
    [Test]
    public void What_the_web_server_says_of_requests_is_not_logged()
    {
        var builder = FunctionsApplication.CreateBuilder([]);
        var before = Rules(builder);
        ExportTelemetry.To(new TelemetrySettings(null, false, null, false), builder);

        Assert.That(Rules(builder) - before, Is.EqualTo(1));

        static int Rules(FunctionsApplicationBuilder builder)
        {
            using var services = builder.Services.BuildServiceProvider();
            return services.GetRequiredService<IOptions<LoggerFilterOptions>>().Value.Rules.Count(rule =>
                rule is { CategoryName: "Microsoft.AspNetCore", LogLevel: LogLevel.Warning, ProviderName: null });
        }
    }

    private static AzureMonitorExporterOptions Exporter(params string[] settings)
    {
        var builder = FunctionsApplication.CreateBuilder([$"--APPLICATIONINSIGHTS_CONNECTION_STRING={Connection}", .. settings]);
        ExportTelemetry.To(TelemetrySettings.From(builder.Configuration, new Settings(builder.Configuration)), builder);
        using var services = builder.Services.BuildServiceProvider();
        return services.GetRequiredService<IOptions<AzureMonitorExporterOptions>>().Value;
    }
}
