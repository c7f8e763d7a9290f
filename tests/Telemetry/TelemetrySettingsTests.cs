using Microsoft.Extensions.Configuration;
using Pipeline.Telemetry;

namespace Pipeline.Tests.Telemetry;

public sealed class TelemetrySettingsTests
{
    private const string Connection = "InstrumentationKey=00000000-0000-0000-0000-000000000000;IngestionEndpoint=https://here.example/";

    [Test]
    public void Without_settings_it_goes_nowhere() =>
        Assert.That(Read([]).Settings, Is.EqualTo(new TelemetrySettings(null, false, null, false)));

    [Test]
    public void Application_Insights_is_written_to_by_the_identity_that_is_named() => Assert.That(
        Read(new()
        {
            ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = Connection,
            ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = "ClientId=1234;Authorization=AAD",
        }).Settings,
        Is.EqualTo(new TelemetrySettings(Connection, true, "1234", false)));

    [TestCase("ClientId=1234;Authorization=AAD", "1234")]
    [TestCase("Authorization=AAD", null)]
    public void Its_token_is_asked_for_as_that_identity(string text, string? client) => Assert.That(
        Read(new() { ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = text }).Settings.Identity.ManagedIdentityClientId, Is.EqualTo(client));

    [Test]
    public void Without_a_named_one_by_the_apps_own() => Assert.That(
        Read(new()
        {
            ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = Connection,
            ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = "Authorization=AAD",
        }).Settings,
        Is.EqualTo(new TelemetrySettings(Connection, true, null, false)));

    [Test]
    public void A_collector_may_be_named() =>
        Assert.That(Read(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = "http://127.0.0.1:4317" }).Settings.ToOtlp, Is.True);

    [Test]
    public void A_collector_of_one_signal_alone_is_refused_as_the_others_would_go_elsewhere() => Assert.That(
        Read(new() { ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = "http://127.0.0.1:4318" }).Faults.Single(),
        Is.EqualTo("Setting OTEL_EXPORTER_OTLP_ENDPOINT is missing: expected the address of a collector, "
            + "besides OTEL_EXPORTER_OTLP_METRICS_ENDPOINT."));

    [TestCase("Authorization=aad")]
    [TestCase("Authorisation=AAD")]
    [TestCase("ClientId=1234")]
    public void An_identity_that_would_not_be_used_is_refused(string text) => Assert.That(
        Read(new() { ["APPLICATIONINSIGHTS_AUTHENTICATION_STRING"] = text }).Faults.Single(),
        Does.StartWith("Setting APPLICATIONINSIGHTS_AUTHENTICATION_STRING: expected Authorization=AAD"));

    [Test]
    public void A_connection_string_that_is_none_is_refused_and_not_shown() => Assert.That(
        Read(new() { ["APPLICATIONINSIGHTS_CONNECTION_STRING"] = "secret" }).Faults.Single(),
        Does.StartWith("Setting APPLICATIONINSIGHTS_CONNECTION_STRING: expected").And.Not.Contains("secret"));

    [TestCase("127.0.0.1:4317")]
    [TestCase("grpc://127.0.0.1:4317")]
    public void A_collector_that_would_silently_get_nothing_is_refused(string address) => Assert.That(
        Read(new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = address }).Faults.Single(),
        Is.EqualTo("Setting OTEL_EXPORTER_OTLP_ENDPOINT: expected the http:// or https:// address of a collector, "
            + "such as http://127.0.0.1:4317, got '…'."));

    private static (TelemetrySettings Settings, IReadOnlyList<string> Faults) Read(Dictionary<string, string?> values)
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(values).Build();
        var settings = new Settings(configuration);
        return (TelemetrySettings.From(configuration, settings), settings.Faults);
    }
}
