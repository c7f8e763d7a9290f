using System.Text.Json;
using Local.ImageApi.Calls;
using Local.ImageApi.Faults;

namespace Local.ImageApi.Control;

/// <summary>The routes that only the simulator has. They need no key.</summary>
internal sealed class ControlRoutes(StatsBook stats, FaultBook faults)
{
    private static readonly JsonSerializerOptions SnakeCase = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    public Task Stats(HttpContext http, CancellationToken left) => http.Response.WriteAsJsonAsync(stats.Read(), SnakeCase, left);

    /// <summary>Everything counted and every fault by chance is forgotten; images stay where they are.</summary>
    public Task Reset(HttpContext http, CancellationToken left)
    {
        stats.Reset();
        faults.Reset();
        return Stats(http, left);
    }

    /// <summary><c>{ "name", "rate" }</c>: this share of calls meets the fault. Answers with all rates that are set now.</summary>
    public async Task Faults(HttpContext http, CancellationToken left)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: left);
            var (rates, problem) = SetRate(body.RootElement);
            if (problem is null) await http.Response.WriteAsJsonAsync(new { faults = rates }, left);
            else await Answer.Json.Refused(400, problem).Send(http, left);
        }
        catch (JsonException e)
        {
            await Answer.Json.Refused(400, $"The body is not JSON: {e.Message}").Send(http, left);
        }
    }

    private (IReadOnlyDictionary<string, double>? Rates, string? Problem) SetRate(JsonElement body)
    {
        if (body.ValueKind != JsonValueKind.Object) return (null, "The body must be a JSON object.");
        var fields = new FieldReader(body);
        var name = fields.Text("name");
        var rate = fields.Number("rate", 0, 1);
        fields.RefuseOthers();
        if (name.Length > 0 && FaultNames.Find(name) is null) fields.Refuse(FaultNames.Unknown(name));
        return fields.Problem is { } problem ? (null, problem) : (faults.SetRate(name, rate), null);
    }
}
