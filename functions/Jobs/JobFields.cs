using System.ComponentModel;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>The fields of <c>POST /v1/jobs</c> as the API's document lists them; <see cref="ReadJobRequest"/> reads them.</summary>
public sealed record JobFields : SavedFields
{
    [Text(ReadJobRequest.PromptLengthMax), Description(PromptText + " Required, unless the preset has it.")]
    public string? Prompt { get; init; }

    [Description("The name of a saved preset, whose fields it takes; those given here win.")]
    public string? Preset { get; init; }
}

/// <summary>The fields of a preset.</summary>
public sealed record PresetFields : SavedFields
{
    [Text(ReadJobRequest.PromptLengthMax), Description(PromptText)]
    public string? Prompt { get; init; }
}

/// <summary>The fields of <c>POST /v1/images/generate</c>; <see cref="ReadNanoBananaRequest"/> reads them.</summary>
public sealed record GenerateFields : ModelFields
{
    [Text(ReadJobRequest.PromptLengthMax), Description(PromptText)]
    public required string Prompt { get; init; }

    [ImageList]
    public IReadOnlyList<JsonElement>? RefImages { get; init; }
}

/// <summary>The fields of <c>POST /v1/images/edit</c>.</summary>
public sealed record EditFields : ModelFields
{
    [Text(ReadJobRequest.PromptLengthMax), Description(PromptText)]
    public required string Prompt { get; init; }

    [ImageName, Description("The image to edit.")]
    public required string Image { get; init; }
}

/// <summary>What is asked of the model.</summary>
public abstract record ModelFields
{
    protected const string PromptText = "What to draw. Characters are counted in UTF-16, as JavaScript and C# do.";

    [ModelName(HasDefault = true), Description("An id of /v1/models, or a short name.")]
    public string? Model { get; init; }

    [ImageCount, DefaultValue(1), Description("How many images.")]
    public int? Num { get; init; }

    [AspectRatio, DefaultValue(ReadJobRequest.ImageSizeDefault), Description("The aspect ratio.")]
    public string? ImageSize { get; init; }

    [Description("How much the model thinks before it draws; if left out, that is left to it.")]
    public Thinking? Thinking { get; init; }

    [Several<SearchKind>, Description("What the model may look up.")]
    public IReadOnlyList<SearchKind>? Search { get; init; }

    [DefaultValue(Images.ServiceTier.Default), Description("Which line to stand in at the image API.")]
    public ServiceTier? ServiceTier { get; init; }
}

/// <summary>What jobs and presets have in common.</summary>
public abstract record SavedFields : ModelFields
{
    [AspectRatio, Description("A synonym of image_size.")]
    public string? AspectRatio { get; init; }

    [ImageList]
    public IReadOnlyList<JsonElement>? RefImages { get; init; }

    [ImageName, Description("The image to edit. An image of a job brings the conversation so far along.")]
    public string? EditOf { get; init; }

    [Text(ReadJobRequest.CustomIdLengthMax), Description("The caller's own name for it, echoed.")]
    public string? CustomId { get; init; }

    [Pairs(ReadJobRequest.MetadataPairsMax, ReadJobRequest.MetadataKeyLengthMax, ReadJobRequest.MetadataValueLengthMax)]
    [Description("The caller's own pairs, echoed.")]
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }

    [WebAddress(OutgoingUrl.LengthMax), Description("Kept with the job; not called yet.")]
    public string? WebhookUrl { get; init; }

    [Whole(1, ReadJobRequest.StartBeforeSecondsMax), Description("If it is not started by then, it expires and all is released.")]
    public int? StartBeforeSeconds { get; init; }
}

/// <summary>A field that is one image in any of the forms of <see cref="ReadImageSource"/>.</summary>
public sealed class ImageNameAttribute : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        schema["pattern"] = "^(https?://|ref_|job_|data:)";
        schema["examples"] = new JsonArray("https://example.com/cat.png", $"ref_{new string('0', 26)}", $"job_{new string('0', 26)}/0");
    }
}

/// <summary>A field that <see cref="ReadImageSource.List"/> reads.</summary>
public sealed class ImageListAttribute : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        var catalogue = Catalogue.Load();
        var image = new JsonObject { ["type"] = "string" };
        new ImageNameAttribute().Describe(image);
        var role = new JsonObject
        {
            ["type"] = new JsonArray("string", "null"),
            ["enum"] = new JsonArray([.. Enum.GetValues<ReferenceRole>().Select(value => JsonValue.Create(Json.Name(value))), null]),
        };
        var withRole = new JsonObject
        {
            ["type"] = "object",
            ["properties"] = new JsonObject { ["image"] = image.DeepClone(), ["role"] = role },
            ["required"] = new JsonArray("image"),
            ["additionalProperties"] = false,
        };
        schema["description"] = $"Images to go by, at most {catalogue.CharacterReferencesMax} of them with the role 'character'.";
        schema["maxItems"] = catalogue.ReferenceImagesMax;
        schema["items"] = new JsonObject { ["anyOf"] = new JsonArray(image, withRole) };
    }
}
