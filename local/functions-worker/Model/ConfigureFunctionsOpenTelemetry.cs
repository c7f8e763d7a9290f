using System.Reflection;
using Local.FunctionsWorker;
using OpenTelemetry;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Microsoft.Azure.Functions.Worker.OpenTelemetry;

public static class ConfigureFunctionsOpenTelemetry
{
    /// <summary>Adds the spans of invocations, and the app's name unless <c>OTEL_SERVICE_NAME</c> or the like gives another.</summary>
    public static IOpenTelemetryBuilder UseFunctionsWorkerDefaults(this IOpenTelemetryBuilder builder) => builder
        .ConfigureResource(resource => resource
            .AddService(Assembly.GetEntryAssembly()?.GetName().Name ?? "app", autoGenerateServiceInstanceId: false)
            .AddEnvironmentVariableDetector())
        .WithTracing(traces => traces.AddSource(Invoker.SpanSource));
}
