using Azure.Identity;
using Microsoft.Extensions.Configuration;

namespace Pipeline.Telemetry;

/// <summary>Where telemetry goes, by the settings that Azure and OpenTelemetry have for it; nowhere if none is set.</summary>
/// <remarks>
/// See https://learn.microsoft.com/azure/azure-functions/functions-app-settings and
/// https://opentelemetry.io/docs/specs/otel/protocol/exporter/. All else that OpenTelemetry's SDK reads from <c>OTEL_…</c> variables
/// works, too: <c>OTEL_SERVICE_NAME</c>, <c>OTEL_TRACES_SAMPLER</c>, <c>OTEL_EXPORTER_OTLP_HEADERS</c>.
/// </remarks>
/// <param name="ApplicationInsights">The connection string of Application Insights, or null.</param>
/// <param name="ByIdentity">Whether it is written to by identity, as it must be where its keys are switched off.</param>
/// <param name="ClientId">Which user-assigned identity; null for the system's own.</param>
/// <param name="ToOtlp">Whether a collector is named.</param>
internal sealed record TelemetrySettings(string? ApplicationInsights, bool ByIdentity, string? ClientId, bool ToOtlp)
{
    /// <summary>Who Application Insights is written as, if by identity.</summary>
    public DefaultAzureCredentialOptions Identity => new() { ManagedIdentityClientId = ClientId };

    private const string Connection = "APPLICATIONINSIGHTS_CONNECTION_STRING";
    private const string Authentication = "APPLICATIONINSIGHTS_AUTHENTICATION_STRING";
    private const string Otlp = "OTEL_EXPORTER_OTLP_ENDPOINT";

    private static readonly string[] Collectors =
    [
        Otlp, "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    ];

    /// <summary>Reads them, and notes those that would silently lead nowhere.</summary>
    public static TelemetrySettings From(IConfiguration configuration, Settings settings)
    {
        var connection = Text(configuration, Connection);
        if (connection?.Contains("InstrumentationKey=", StringComparison.OrdinalIgnoreCase) is false)
            settings.Refuse(Connection, "a connection string of Application Insights, InstrumentationKey=…;IngestionEndpoint=…", "…");
        var collectors = Collectors.Where(name => Text(configuration, name) is not null).ToList();
        // Not shown: a password may be in it.
        foreach (var name in collectors.Where(name => !IsAddress(configuration[name]!)))
            settings.Refuse(name, "the http:// or https:// address of a collector, such as http://127.0.0.1:4317", "…");
        // The SDK would send the other signals to its own default.
        if (collectors.Count > 0 && !collectors.Contains(Otlp))
            settings.Refuse(Otlp, $"the address of a collector, besides {collectors[0]}", null);

        var authentication = Text(configuration, Authentication);
        var identity = (authentication ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(part => part.Split('=', 2)).ToLookup(pair => pair[0], pair => pair[^1], StringComparer.OrdinalIgnoreCase);
        var byIdentity = identity["Authorization"].Contains("AAD");
        // Where keys are switched off, all would be lost without a word.
        if (authentication is not null && !byIdentity)
            settings.Refuse(Authentication, "Authorization=AAD, with ClientId=…; before it for a user-assigned identity", authentication);
        return new TelemetrySettings(connection, byIdentity, identity["ClientId"].FirstOrDefault(), collectors.Count > 0);
    }

    private static string? Text(IConfiguration configuration, string name) => configuration[name] is { Length: > 0 } text ? text : null;

    private static bool IsAddress(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
}
