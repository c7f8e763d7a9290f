using System.Text.Json;
using Local.ImageApi.Faults;

namespace Local.ImageApi.Calls;

internal enum CallKind { Generate, Edit }

/// <summary>A call whose fields are all in order.</summary>
/// <param name="PromptSent">As it was sent, with the simulator's tags; the script has it without.</param>
/// <param name="Model">What it costs and its tier.</param>
/// <param name="Ratio">One of the catalogue.</param>
/// <param name="Count">How many images.</param>
/// <param name="References">URLs and data URIs by the field they stood in.</param>
/// <param name="Script">What the prompt's tags ask for.</param>
internal sealed record CallRequest(
    string PromptSent, Model Model, string Ratio, int Count, IReadOnlyList<(string Field, string Value)> References, Script Script)
{
    /// <summary>The call, or what is wrong with it, all of it in one message.</summary>
    public static (CallRequest? Request, string? Problem) Read(JsonElement body, CallKind kind, Catalogue catalogue)
    {
        if (body.ValueKind != JsonValueKind.Object) return (null, "The body must be a JSON object.");
        var fields = new FieldReader(body);
        var prompt = fields.Text("prompt");
        var modelId = fields.Text("model");
        var count = fields.Whole("num", 1, catalogue.ImagesPerCallMax, absent: 1);
        var ratio = fields.OneOf("image_size", catalogue.Ratios, absent: "1:1");
        fields.OneOf("service_tier", ["default", "priority"], absent: "default");
        fields.TextOrFlag("thinking");
        fields.TextOrFlag("search");
        IReadOnlyList<(string, string)> references = kind == CallKind.Edit
            ? [("image", fields.Text("image"))]
            : [.. fields.Texts("ref_images", catalogue.ReferencesMax).Select((value, i) => ($"ref_images[{i}]", value))];
        fields.RefuseOthers();

        var model = catalogue.Find(modelId);
        if (model is null && modelId.Length > 0)
        {
            fields.Refuse($"unknown model '{modelId}'; there are {string.Join(", ", catalogue.Models.Select(known => known.Id))}");
        }

        var (script, problem) = Script.Read(prompt);
        if (problem is not null) fields.Refuse(problem);
        return fields.Problem is { } refused
            ? (null, refused)
            : (new CallRequest(prompt, model!, ratio, count, references, script!), null);
    }
}
