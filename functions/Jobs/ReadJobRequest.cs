using System.ComponentModel;
using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>A job's fields in JSON, checked: from HTTP or from a line of a manifest.</summary>
public static class ReadJobRequest
{
    public const int PromptLengthMax = 20_000;
    public const int CustomIdLengthMax = 64;
    public const int MetadataPairsMax = 16;
    public const int MetadataKeyLengthMax = 64;
    public const int MetadataValueLengthMax = 512;
    public const string ImageSizeDefault = "1:1";

    /// <summary>Reads the fields of <c>POST /v1/jobs</c>.</summary>
    /// <param name="json">What should be a JSON object.</param>
    /// <param name="pointer">Where it stands, as a JSON pointer; empty for a body of its own.</param>
    /// <param name="catalogue">The models and ratios there are.</param>
    /// <param name="errors">All that is wrong; empty if nothing is.</param>
    /// <returns>The request, or null if there are errors.</returns>
    public static JobRequest? From(JsonElement json, string pointer, Catalogue catalogue, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, pointer);
        var prompt = fields.Text("prompt", PromptLengthMax, required: true, lines: true);
        var model = Model(fields, catalogue);
        var num = (int)(fields.Whole("num", 1, catalogue.ImagesPerRequestMax) ?? 1);
        var imageSize = ImageSize(fields, catalogue);
        var customId = fields.Text("custom_id", CustomIdLengthMax);
        var metadata = fields.Pairs("metadata", MetadataPairsMax, MetadataKeyLengthMax, MetadataValueLengthMax);

        errors = fields.RefuseOthers();
        return errors.Count == 0 ? new JobRequest(prompt!, model, num, imageSize, customId, metadata) : null;
    }

    private static Model Model(JsonFields fields, Catalogue catalogue)
    {
        const int LengthMax = 100;
        if (fields.Text("model", LengthMax) is not { } name) return catalogue.Default;
        if (catalogue.Find(name) is { } model) return model;
        fields.Refuse("model", "not_allowed",
            $"'{name}' is no model here; those are {string.Join(", ", catalogue.Models.Select(known => known.Id))}, "
            + $"or for short {string.Join(", ", Catalogue.ShortNames)}.");
        return catalogue.Default;
    }

    private static string ImageSize(JsonFields fields, Catalogue catalogue)
    {
        const int LengthMax = 20;
        if (fields.Text("image_size", LengthMax) is not { } ratio) return ImageSizeDefault;
        if (!catalogue.Ratios.Contains(ratio))
            fields.Refuse("image_size", "not_allowed",
                $"'{ratio}' is no aspect ratio here; those are {string.Join(", ", catalogue.Ratios)}.");
        return ratio;
    }
}

/// <summary>A job's fields as the API's document lists them.</summary>
public sealed record JobFields(
    [Text(ReadJobRequest.PromptLengthMax), Description("What to draw. Characters are counted as UTF-16 does.")] string Prompt,
    [ModelName, Description("An id of /v1/models, or a short name.")] string? Model,
    [ImageCount, DefaultValue(1), Description("How many images.")] int? Num,
    [AspectRatio, DefaultValue(ReadJobRequest.ImageSizeDefault), Description("The aspect ratio.")] string? ImageSize,
    [Text(ReadJobRequest.CustomIdLengthMax), Description("The caller's own name for it, echoed.")] string? CustomId,
    [Pairs(ReadJobRequest.MetadataPairsMax, ReadJobRequest.MetadataKeyLengthMax, ReadJobRequest.MetadataValueLengthMax)]
    [Description("The caller's own pairs, echoed.")]
    IReadOnlyDictionary<string, string>? Metadata);
