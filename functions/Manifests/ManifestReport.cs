using System.Text.Json;
using Pipeline.Http;

namespace Pipeline.Manifests;

/// <summary>What was found in a manifest's file, as JSON, written as a stream: a report may have 50,000 lines.</summary>
/// <param name="Manifest">Its id and name; null of a dry run.</param>
/// <param name="Name">What it calls itself, or its file's name.</param>
/// <param name="Plan">What was found; null if the file could not be looked at.</param>
/// <param name="Total">How many jobs of the plan run: the first so many.</param>
/// <param name="Price">What they cost together, in credits.</param>
/// <param name="Available">Credits that the account has before.</param>
/// <param name="Refusal">Why nothing of it runs, or null.</param>
public sealed record ManifestReport(
    Manifest? Manifest, string Name, ManifestPlan? Plan, int Total, long Price, long Available, ManifestRefusal? Refusal)
{
    private const int FlushBytes = 64 * 1024;

    private static readonly JsonWriterOptions Unchecked = new() { SkipValidation = true, Encoder = Json.Options.Encoder };

    public async Task Write(Stream stream, CancellationToken cancel)
    {
        await using var json = new Utf8JsonWriter(stream, Unchecked);
        json.WriteStartObject();
        json.WriteString("object", "manifest_report");
        json.WriteString("manifest", Manifest?.Id.Value);
        json.WriteString("name", Name);
        json.WriteString("file", Manifest?.File.Blob);
        json.WriteBoolean("accepted", Refusal is null);
        json.WriteString("refusal_code", Refusal?.Code);
        json.WriteString("refusal", Refusal?.Detail);
        Value(json, "counts", new
        {
            Total = (Plan?.Total ?? 0) + (Plan?.RanBefore ?? 0) + (Plan?.Invalid ?? 0),
            Invalid = Plan?.Invalid ?? 0,
            Skipped = Refusal is null ? (Plan?.Total ?? 0) - Total + (Plan?.RanBefore ?? 0) : 0,
            Jobs = Refusal is null ? Total : 0,
        });
        Value(json, "credits", new
        {
            Price,
            Available,
            AvailableAfter = Refusal is null ? Available - Price : Available,
        });
        Value(json, "models", Plan?.Models ?? []);
        Value(json, "advice", Plan?.Advice ?? []);
        json.WriteStartArray("errors");
        foreach (var fault in Plan?.Faults ?? []) JsonSerializer.Serialize(json, fault, Json.Options);
        if (Plan is not null) await Copy(Plan.Errors, json, cancel);
        json.WriteEndArray();
        json.WriteStartArray("duplicates");
        if (Plan is not null) await Copy(Plan.Duplicates, json, cancel);
        json.WriteEndArray();
        json.WriteStartArray("jobs");
        if (Plan is not null && Refusal is null) await Jobs(Plan, json, cancel);
        json.WriteEndArray();
        json.WriteEndObject();
        await json.FlushAsync(cancel);
    }

    private async Task Jobs(ManifestPlan plan, Utf8JsonWriter json, CancellationToken cancel)
    {
        var place = 0;
        await foreach (var line in Lines.Of(plan.Jobs, cancel))
        {
            if (place == Total) break;
            var job = JsonSerializer.Deserialize<PlannedJob>(line.Span, Json.Options)!;
            JsonSerializer.Serialize(
                json, new { job.Index, job.Line, job.CustomId, Id = Manifest?.Job(place).Value, job.Credits }, Json.Options);
            if (json.BytesPending > FlushBytes) await json.FlushAsync(cancel);
            place++;
        }
    }

    private static async Task Copy(FileStream file, Utf8JsonWriter json, CancellationToken cancel)
    {
        await foreach (var line in Lines.Of(file, cancel))
        {
            json.WriteRawValue(line.Span, skipInputValidation: true);
            if (json.BytesPending > FlushBytes) await json.FlushAsync(cancel);
        }
    }

    private static void Value<T>(Utf8JsonWriter json, string name, T value)
    {
        json.WritePropertyName(name);
        JsonSerializer.Serialize(json, value, Json.Options);
    }
}
