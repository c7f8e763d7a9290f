using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>A job's fields in JSON, checked: from HTTP or from a line of a manifest.</summary>
public static class ReadJobRequest
{
    public const int ModelLengthMax = 100;
    public const int PromptLengthMax = 20_000;
    public const int CustomIdLengthMax = 64;
    public const int MetadataPairsMax = 16;
    public const int MetadataKeyLengthMax = 64;
    public const int MetadataValueLengthMax = 512;
    public const int StartBeforeSecondsMax = 86_400;
    public const string ImageSizeDefault = "1:1";

    /// <summary>Reads the fields of <c>POST /v1/jobs</c>.</summary>
    /// <param name="json">What should be a JSON object.</param>
    /// <param name="pointer">Where it stands, as a JSON pointer; empty for a body of its own.</param>
    /// <param name="catalogue">The models and ratios there are.</param>
    /// <param name="errors">All that is wrong; empty if nothing is.</param>
    /// <returns>The request, or null if there are errors.</returns>
    public static JobRequest? From(JsonElement json, string pointer, Catalogue catalogue, out IReadOnlyList<FieldError> errors) =>
        From(json, pointer, catalogue, promptRequired: true, out errors);

    /// <summary>Reads the fields of a job, or of a preset, which may leave the prompt out.</summary>
    internal static JobRequest? From(
        JsonElement json, string pointer, Catalogue catalogue, bool promptRequired, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, pointer);
        // The one that a job names is known already, and taken.
        if (promptRequired && fields.Any("preset") is not null)
            fields.Refuse("preset", "not_allowed", "'preset' must be the name of a saved preset.");
        var prompt = fields.Text("prompt", PromptLengthMax, promptRequired, lines: true);
        var model = Model(fields, catalogue);
        var num = (int)(fields.Whole("num", 1, catalogue.ImagesPerRequestMax) ?? 1);
        var imageSize = ImageSize(fields, catalogue);
        var refImages = ReadImageSource.List(fields, catalogue);
        var editOf = ReadImageSource.Single(fields, "edit_of");
        var thinking = fields.OneOf<Thinking>("thinking");
        var search = fields.Several<SearchKind>("search");
        var serviceTier = fields.OneOf<ServiceTier>("service_tier");
        var webhookUrl = WebhookUrl(fields);
        var startBefore = fields.Whole("start_before_seconds", 1, StartBeforeSecondsMax);
        var customId = fields.Text("custom_id", CustomIdLengthMax);
        var metadata = fields.Pairs("metadata", MetadataPairsMax, MetadataKeyLengthMax, MetadataValueLengthMax);

        if (editOf is not null && refImages.Count == catalogue.ReferenceImagesMax)
            fields.Refuse("ref_images", "too_long",
                $"'edit_of' and 'ref_images' may have {catalogue.ReferenceImagesMax} images together; given were {refImages.Count + 1}.");
        errors = fields.RefuseOthers();
        if (errors.Count > 0) return null;
        var request = new JobRequest
        {
            Prompt = prompt ?? "",
            Model = model,
            Num = num,
            ImageSize = imageSize,
            RefImages = refImages,
            EditOf = editOf,
            Thinking = thinking,
            Search = search,
            ServiceTier = serviceTier ?? ServiceTier.Default,
            CustomId = customId,
            Metadata = metadata,
            WebhookUrl = webhookUrl,
            StartBefore = startBefore is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        };
        if (ComposePrompt.LengthOf(request) <= PromptLengthMax)
            return request with { Advice = PromptAdvice.Of(request, catalogue) };
        fields.Refuse("prompt", "too_long",
            $"'prompt' with the sentences for the roles of 'ref_images' may have {PromptLengthMax:N0} characters; "
            + $"they have {ComposePrompt.LengthOf(request):N0}.");
        errors = fields.Errors;
        return null;
    }

    private static Model Model(JsonFields fields, Catalogue catalogue)
    {
        if (fields.Text("model", ModelLengthMax) is not { } name) return catalogue.Default;
        return Model(fields, name, catalogue) ?? catalogue.Default;
    }

    /// <summary>The model of this name, or null with an error noted.</summary>
    internal static Model? Model(JsonFields fields, string name, Catalogue catalogue)
    {
        if (catalogue.Find(name) is { } model) return model;
        fields.Refuse("model", "not_allowed",
            $"'{name}' is no model here; those are {string.Join(", ", catalogue.Models.Select(known => known.Id))}, "
            + $"or for short {string.Join(", ", Catalogue.ShortNames)}.");
        return null;
    }

    /// <summary><c>aspect_ratio</c> is a synonym, for those who know the field by its name at Google.</summary>
    private static string ImageSize(JsonFields fields, Catalogue catalogue)
    {
        const int LengthMax = 20;
        var given = fields.Text("image_size", LengthMax);
        var synonym = fields.Text("aspect_ratio", LengthMax);
        if (given is not null && synonym is not null && given != synonym)
            fields.Refuse("aspect_ratio", "not_allowed",
                $"'aspect_ratio' and 'image_size' mean the same; given were {synonym} and {given}.");
        if ((given ?? synonym) is not { } ratio) return ImageSizeDefault;
        if (!catalogue.Ratios.Contains(ratio))
            fields.Refuse(given is null ? "aspect_ratio" : "image_size", "not_allowed",
                $"'{ratio}' is no aspect ratio here; those are {string.Join(", ", catalogue.Ratios)}.");
        return ratio;
    }

    internal static string? WebhookUrl(JsonFields fields)
    {
        if (fields.Text("webhook_url", OutgoingUrl.LengthMax) is not { } text) return null;
        if (OutgoingUrl.Read(text) is { } url) return url.AbsoluteUri;
        fields.Refuse("webhook_url", "not_allowed",
            $"'webhook_url' must be an https URL of at most {OutgoingUrl.LengthMax:N0} characters when it is escaped.");
        return null;
    }
}
