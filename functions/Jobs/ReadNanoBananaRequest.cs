using System.Text.Json;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>A request as programs send it to the NanoBanana API, as fields of a job.</summary>
public static class ReadNanoBananaRequest
{
    /// <summary>What the API's documentation names, and what its client programs send besides.</summary>
    private static readonly string[] Common = ["prompt", "model", "num", "image_size", "service_tier", "thinking", "search"];

    /// <param name="json">The body.</param>
    /// <param name="edits">Whether it asks for changes to an image, which then is required, or for new ones.</param>
    /// <param name="errors">What is wrong with the names of its fields; their values are checked with the job.</param>
    public static JsonElement From(JsonElement json, bool edits, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, "");
        foreach (var name in Common) fields.Any(name);
        var image = fields.Any(edits ? "image" : "ref_images");
        if (edits && image is null && json.ValueKind == JsonValueKind.Object)
            fields.Refuse("image", "required", "'image' is required: the URL of the image to edit, or another form that ref_images take.");
        errors = fields.RefuseOthers();
        if (errors.Count > 0 || !edits) return json;

        return JsonSerializer.SerializeToElement(
            json.EnumerateObject().ToDictionary(field => field.Name == "image" ? "edit_of" : field.Name, field => field.Value),
            Json.Options);
    }

    /// <summary>What was found wrong with the job, in the words of the request.</summary>
    public static Problem InItsWords(Problem problem)
    {
        if (problem.Errors is not { } errors) return problem;
        var words = errors.Select(error => error.Code == "unknown_field" ? error.Detail : InItsWords(error.Detail));
        return problem with { Detail = string.Join(' ', words) };
    }

    private static string InItsWords(string detail) => detail.Replace("'edit_of'", "'image'", StringComparison.Ordinal);
}
