using System.Globalization;
using System.Text.Json;

namespace Pipeline.HostTests.Host;

/// <summary>What <c>host.json</c> says of queues.</summary>
internal sealed record HostSettings(bool IsBase64, int MaxDequeueCount, TimeSpan VisibilityTimeout, int BatchSize)
{
    public static HostSettings Read(string folder)
    {
        var json = JsonElement.Parse(File.ReadAllText(Path.Combine(folder, "host.json")));
        var queues = json.GetProperty("extensions").GetProperty("queues");
        return new HostSettings(
            queues.GetProperty("messageEncoding").GetString() == "base64",
            queues.GetProperty("maxDequeueCount").GetInt32(),
            Time(queues, "visibilityTimeout"),
            queues.GetProperty("batchSize").GetInt32());
    }

    private static TimeSpan Time(JsonElement section, string name) =>
        TimeSpan.Parse(section.GetProperty(name).GetString()!, CultureInfo.InvariantCulture);
}
