using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Local.FunctionsWorker;

/// <summary>What <c>host.json</c> says, checked.</summary>
/// <remarks>A setting <c>AzureFunctionsJobHost__extensions__…</c> overrides it, as on the real host.</remarks>
internal sealed record HostJson(TimeSpan? FunctionTimeout, HttpSettings Http, QueueSettings Queues, BlobSettings Blobs)
{
    private const string FileName = "host.json";

    /// <summary>What the real host knows at the top level; all else is a slip of the pen.</summary>
    private static readonly string[] TopLevel =
    [
        "version", "$schema", "aggregator", "applicationInsights", "concurrency", "customHandler", "extensionBundle", "extensions",
        "functions", "functionTimeout", "healthMonitor", "isDefaultHostConfig", "logging", "managedDependency", "retry",
        "singleton", "telemetryMode", "watchDirectories", "watchFiles",
    ];

    private static readonly TimeSpan FunctionTimeoutDefault = TimeSpan.FromMinutes(30);

    public static HostJson Read(string directory, IConfiguration settings, bool isDevelopment)
    {
        var file = Load(directory, settings);
        file.AllowOnly(TopLevel);
        var version = file.Text("version", "");
        if (version != "2.0") throw file.Expected("version", "\"2.0\"", version);
        CheckLogLevels(file);
        var extensions = file.Section("extensions");
        return new HostJson(
            FunctionTimeoutOf(file),
            HttpSettings.From(extensions.Section("http")),
            QueueSettings.From(extensions.Section("queues"), isDevelopment),
            BlobSettings.From(extensions.Section("blobs")));
    }

    public static IConfiguration LoggingSection(string directory, IConfiguration settings) =>
        Load(directory, settings).Section("logging").Values;

    private static HostJsonSection Load(string directory, IConfiguration settings)
    {
        var path = Path.Combine(directory, FileName);
        if (!File.Exists(path))
            throw new RefusedException($"{path} is missing: link host.json into the app's project with CopyToOutputDirectory.");
        try
        {
            var values = new ConfigurationBuilder()
                .AddJsonStream(new MemoryStream(File.ReadAllBytes(path)))
                .AddConfiguration(settings.GetSection("AzureFunctionsJobHost"))
                .Build();
            return new HostJsonSection(values, "", path);
        }
        catch (Exception e) when (e is FormatException or InvalidDataException or JsonException)
        {
            throw new RefusedException($"{path}: {e.InnerException?.Message ?? e.Message}", e);
        }
    }

    private static TimeSpan? FunctionTimeoutOf(HostJsonSection file) =>
        file.Text("functionTimeout", "") == "-1"
            ? null
            : file.Duration("functionTimeout", FunctionTimeoutDefault, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7));

    private static void CheckLogLevels(HostJsonSection file)
    {
        var levels = file.Section("logging").Section("logLevel");
        foreach (var category in levels.Names) levels.OneOf(category, Enum.GetNames<LogLevel>(), "Information");
    }
}

/// <summary><c>extensions.http</c>.</summary>
/// <param name="RoutePrefix">Precedes every route; default <c>api</c>, may be empty.</param>
internal sealed record HttpSettings(string RoutePrefix)
{
    public static HttpSettings From(HostJsonSection section)
    {
        section.AllowOnly(
            "routePrefix", "maxOutstandingRequests", "maxConcurrentRequests", "dynamicThrottlesEnabled", "hsts", "customHeaders");
        return new HttpSettings(section.Text("routePrefix", "api").Trim('/'));
    }
}

/// <summary><c>extensions.queues</c>; one set of values for all queues.</summary>
/// <param name="BatchSize">Messages received at once; 1 to 32, default 16.</param>
/// <param name="NewBatchThreshold">The next batch is received once no more than these are in work; default half a batch a core.</param>
/// <param name="MaxDequeueCount">Tries before a message goes to the poison queue; default 5.</param>
/// <param name="VisibilityTimeout">How long a message rests after a failed try; default 0.</param>
/// <param name="MaxPollingInterval">The longest wait of an idle queue; default 1 minute, in Development 2 s.</param>
/// <param name="IsBase64">Whether messages are base64, the default, or plain text.</param>
internal sealed record QueueSettings(
    int BatchSize, int NewBatchThreshold, int MaxDequeueCount, TimeSpan VisibilityTimeout, TimeSpan MaxPollingInterval, bool IsBase64)
{
    public static QueueSettings From(HostJsonSection section, bool isDevelopment)
    {
        section.AllowOnly(
            "batchSize", "newBatchThreshold", "maxDequeueCount", "visibilityTimeout", "maxPollingInterval", "messageEncoding");
        var batchSize = section.Number("batchSize", 16, 1, 32);
        return new QueueSettings(
            batchSize,
            section.Number("newBatchThreshold", Math.Max(1, batchSize / 2) * Environment.ProcessorCount, 0, int.MaxValue),
            section.Number("maxDequeueCount", 5, 1, int.MaxValue),
            section.Duration("visibilityTimeout", TimeSpan.Zero, TimeSpan.Zero, TimeSpan.FromDays(7)),
            section.Duration(
                "maxPollingInterval", TimeSpan.FromSeconds(isDevelopment ? 2 : 60), TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            section.OneOf("messageEncoding", ["base64", "none"], "base64").Equals("base64", StringComparison.OrdinalIgnoreCase));
    }
}

/// <summary><c>extensions.blobs</c>.</summary>
/// <param name="MaxDegreeOfParallelism">Blobs in work at once for each function; default 8 a core.</param>
/// <param name="PoisonBlobThreshold">Tries before a blob is reported to the poison queue; default 5.</param>
internal sealed record BlobSettings(int MaxDegreeOfParallelism, int PoisonBlobThreshold)
{
    public static BlobSettings From(HostJsonSection section)
    {
        section.AllowOnly("maxDegreeOfParallelism", "poisonBlobThreshold");
        return new BlobSettings(
            section.Number("maxDegreeOfParallelism", 8 * Environment.ProcessorCount, 1, 1000),
            section.Number("poisonBlobThreshold", 5, 1, int.MaxValue));
    }
}
