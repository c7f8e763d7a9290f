using System.Text.Json.Nodes;
using Pipeline.Http;

namespace Pipeline.Images;

/// <summary>A field that is a model's id or one of its short names.</summary>
public sealed class ModelNameAttribute : FieldRuleAttribute
{
    /// <summary>Whether it may be left out.</summary>
    public bool HasDefault { get; init; }

    public override void Describe(JsonObject schema)
    {
        var catalogue = Catalogue.Load();
        schema["enum"] = new JsonArray([.. catalogue.Models.Select(model => model.Id).Concat(Catalogue.ShortNames)]);
        if (HasDefault) schema["default"] = catalogue.Default.Id;
    }
}

/// <summary>A field that is one of the aspect ratios.</summary>
public sealed class AspectRatioAttribute : FieldRuleAttribute
{
    public override void Describe(JsonObject schema) => schema["enum"] = new JsonArray([.. Catalogue.Load().Ratios]);
}

/// <summary>A field that says how many images one job makes.</summary>
public sealed class ImageCountAttribute : FieldRuleAttribute
{
    public override void Describe(JsonObject schema)
    {
        schema["minimum"] = 1;
        schema["maximum"] = Catalogue.Load().ImagesPerRequestMax;
    }
}
