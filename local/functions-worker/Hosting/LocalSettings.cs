using System.Text.Json;

namespace Local.FunctionsWorker;

/// <summary>The settings of <c>local.settings.json</c>, which stands in for an app's settings on Azure.</summary>
internal static class LocalSettings
{
    private const string FileName = "local.settings.json";

    private static readonly JsonDocumentOptions Lenient = new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip };

    public static Dictionary<string, string?> Read(string directory)
    {
        var path = Path.Combine(directory, FileName);
        var settings = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        if (!File.Exists(path)) return settings;
        try
        {
            using var document = JsonDocument.Parse(File.ReadAllBytes(path), Lenient);
            if (document.RootElement.TryGetProperty("IsEncrypted", out var encrypted) && encrypted.ValueKind == JsonValueKind.True)
                throw new RefusedException($"{path}: IsEncrypted: not readable here, decrypt it with `func settings decrypt`.");
            if (document.RootElement.TryGetProperty("Values", out var values)) Add(values, path, settings);
            return settings;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            throw new RefusedException($"{path}: {e.Message}", e);
        }
    }

    private static void Add(JsonElement values, string path, Dictionary<string, string?> settings)
    {
        foreach (var value in values.EnumerateObject())
        {
            if (value.Value.ValueKind is JsonValueKind.Object or JsonValueKind.Array)
                throw new RefusedException($"{path}: Values.{value.Name}: expected a string, as an environment variable is one.");
            settings[value.Name.Replace("__", ":", StringComparison.Ordinal)] = value.Value.ToString();
        }
    }
}
