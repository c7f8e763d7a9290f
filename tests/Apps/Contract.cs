using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Pipeline.Http.OpenApi;
using Pipeline.Tests.Http;

namespace Pipeline.Tests.Apps;

/// <summary>The API's document, as the code gives it, and whether what the app answers is in it.</summary>
internal static class Contract
{
    public static readonly JsonElement Document = JsonElement.Parse(ApiDocument.Write(typeof(Settings).Assembly.GetTypes()));

    public static readonly JsonSchema Schema = new(Document);

    public static readonly IReadOnlyList<Operation> Operations =
    [
        .. from path in Document.GetProperty("paths").EnumerateObject()
           from operation in path.Value.EnumerateObject()
           select new Operation(operation.Name.ToUpperInvariant(), path.Name, operation.Value),
    ];

    /// <summary>What goes with any answer, whatever the route.</summary>
    private static readonly string[] HeadersOfHttp =
        ["Connection", "Content-Length", "Content-Type", "Date", "Keep-Alive", "Server", "Transfer-Encoding"];

    /// <summary>Fails the test if an answer is not as the document says: status, headers, type and body, field by field.</summary>
    /// <remarks>A request that was accepted must be one that the document allows, too.</remarks>
    public static void Holds(string method, string pathAndQuery, string? sent, HttpResponseMessage answer, string received)
    {
        var faults = FaultsOf(method, pathAndQuery, sent, answer, received).ToList();
        if (faults.Count > 0)
            Assert.Fail($"{method} {pathAndQuery} answered {(int)answer.StatusCode}, and /v1/openapi.json says otherwise: "
                + string.Join(Environment.NewLine, faults) + Environment.NewLine + received);
    }

    internal static IEnumerable<string> FaultsOf(
        string method, string pathAndQuery, string? sent, HttpResponseMessage answer, string received)
    {
        var parts = pathAndQuery.Split('?', 2);
        if (!parts[0].StartsWith("/v1/", StringComparison.Ordinal)) return [];
        var operation = Find(method, parts[0]);
        var responses = operation?.Json.GetProperty("responses");
        JsonElement response;
        if (responses is not { } declared) response = Document.GetProperty("components").GetProperty("responses").GetProperty("NotFound");
        else if (!declared.TryGetProperty($"{(int)answer.StatusCode}", out response)) return ["The status is not declared."];

        response = Schema.Resolve(response);
        var faults = FaultsOfHeaders(answer, response).Concat(FaultsOfBody(answer, received, response));
        return operation is not null && answer.IsSuccessStatusCode
            ? faults.Concat(FaultsOfQuery(operation, parts.Length == 1 ? "" : parts[1])).Concat(FaultsOfRequest(operation, sent))
            : faults;
    }

    private static Operation? Find(string method, string path) =>
        Operations.Where(operation => operation.Method == method && operation.Matches(path)).MaxBy(operation => operation.Literals);

    private static IEnumerable<string> FaultsOfHeaders(HttpResponseMessage answer, JsonElement response)
    {
        var sent = answer.Headers.Concat(answer.Content.Headers).Where(header => !HeadersOfHttp.Contains(header.Key)).ToDictionary(
            header => header.Key, header => string.Join(", ", header.Value), StringComparer.OrdinalIgnoreCase);
        foreach (var declared in Fields(response, "headers"))
        {
            if (sent.Remove(declared.Name, out var value))
                foreach (var fault in FaultsOfText(value, declared.Value.GetProperty("schema"), declared.Name)) yield return fault;
            else if (declared.Value.TryGetProperty("required", out var required) && required.GetBoolean())
                yield return $"The header {declared.Name} is missing.";
        }

        foreach (var name in sent.Keys) yield return $"The header {name} is not declared.";
    }

    private static IEnumerable<string> FaultsOfBody(HttpResponseMessage answer, string received, JsonElement response)
    {
        if (!response.TryGetProperty("content", out var content)) return received.Length == 0 ? [] : ["No body is declared."];
        var type = answer.Content.Headers.ContentType?.MediaType ?? "none";
        return content.TryGetProperty(type, out var media)
            ? Schema.FaultsOf(
                type.EndsWith("json", StringComparison.Ordinal) ? JsonElement.Parse(received) : JsonSerializer.SerializeToElement(received),
                media.GetProperty("schema"))
            : [$"The content type {type} is not declared."];
    }

    private static IEnumerable<string> FaultsOfQuery(Operation operation, string query) =>
        QueryHelpers.ParseQuery(query).SelectMany(given => operation.Query.TryGetValue(given.Key, out var schema)
            ? FaultsOfText(given.Value.ToString(), schema, "?" + given.Key)
            : [$"The parameter {given.Key} was accepted, but is not declared."]);

    private static IEnumerable<string> FaultsOfRequest(Operation operation, string? sent) =>
        operation.Body is { } schema && sent is not null
            ? Schema.FaultsOf(JsonElement.Parse(sent), schema).Select(fault => $"The request was accepted, but {fault}")
            : [];

    /// <summary>A text that stands for a value of its schema's type.</summary>
    internal static IEnumerable<string> FaultsOfText(string text, JsonElement schema, string at)
    {
        var type = schema.GetProperty("type").GetString();
        var isValue = type switch
        {
            "integer" => long.TryParse(text, CultureInfo.InvariantCulture, out _),
            "boolean" => text is "true" or "false",
            _ => false,
        };
        return Schema.FaultsOf(isValue ? JsonElement.Parse(text) : JsonSerializer.SerializeToElement(text), schema, at);
    }

    private static JsonElement.ObjectEnumerator Fields(JsonElement json, string name) =>
        json.TryGetProperty(name, out var fields) ? fields.EnumerateObject() : default;
}
