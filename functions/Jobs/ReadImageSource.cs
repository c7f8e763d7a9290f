using System.Globalization;
using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.References;

namespace Pipeline.Jobs;

/// <summary>Reads the images that go along with a job: their form and number. Whether they are there is looked up later.</summary>
public static class ReadImageSource
{
    private const string DataStart = "data:";

    private const string Forms =
        "an https URL, 'ref_…' of POST /v1/references, 'job_…/0' of a job of yours, or 'data:image/…;base64,…'";

    /// <summary>Reads <c>ref_images</c>: each a form by itself, or <c>{ "image": …, "role": … }</c>.</summary>
    public static IReadOnlyList<ReferenceImage> List(JsonFields fields, Catalogue catalogue)
    {
        var images = new List<ReferenceImage>();
        if (fields.Array("ref_images", catalogue.ReferenceImagesMax) is not { } array) return images;
        var index = 0;
        foreach (var element in array.EnumerateArray())
        {
            var name = $"ref_images/{(index++).ToString(CultureInfo.InvariantCulture)}";
            if (element.ValueKind == JsonValueKind.Object) AddWithRole(fields.Within(name, element), images);
            else if (Source(fields, name, element) is { } source) images.Add(new ReferenceImage(source, null));
        }

        var characters = images.Count(image => image.Role == ReferenceRole.Character);
        if (characters > catalogue.CharacterReferencesMax)
            fields.Refuse("ref_images", "too_long",
                $"'ref_images' may have {catalogue.CharacterReferencesMax} images with the role 'character'; given were {characters}.");
        return images;
    }

    /// <summary>Reads one image in any form but the object's, or notes an error.</summary>
    public static ImageSource? Single(JsonFields fields, string name) =>
        fields.Any(name) is { } value ? Source(fields, name, value) : null;

    /// <summary>Understands the forms that fit into a row; null for any other text.</summary>
    public static ImageSource? Form(string text)
    {
        if (ReferenceId.TryParse(text, out var reference)) return new ImageSource.Reference(reference);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && JobId.TryParse(text[..slash], out var job)
            && int.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            return new ImageSource.OfJob(job, index);
        return OutgoingUrl.Read(text) is { } address ? new ImageSource.Web(address) : null;
    }

    /// <summary>What is wrong with the images that are in the request itself; the only ones that can be told without looking.</summary>
    /// <param name="request">What was read.</param>
    /// <param name="pointer">Where it stands, as a JSON pointer.</param>
    public static IReadOnlyList<FieldError> InlineFaults(JobRequest request, string pointer) =>
    [
        .. request.AllImages
            .Select(named => (named.Pointer, Fault: named.Image is ImageSource.Inline inline ? InlineImage.FaultOf(inline.Text) : null))
            .Where(named => named.Fault is not null)
            .Select(named => new FieldError(pointer + named.Pointer, "not_allowed", $"'{named.Pointer[1..]}' {named.Fault}")),
    ];

    private static void AddWithRole(JsonFields fields, List<ReferenceImage> images)
    {
        var role = fields.OneOf<ReferenceRole>("role");
        if (fields.Any("image") is not { } image) fields.Refuse("image", "required", $"'image' is required: {Forms}.");
        else if (Source(fields, "image", image) is { } source) images.Add(new ReferenceImage(source, role) { InObject = true });
        fields.RefuseOthers();
    }

    private static ImageSource? Source(JsonFields fields, string name, JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String && JsonText.StartsWith(value, DataStart)) return new ImageSource.Inline(value);
        if (JsonFields.AsText(value) is not { } text)
            fields.Refuse(name, "wrong_type", $"'{name}' must be {Forms}.");
        else if (Form(text) is { } source)
            return source;
        else if (JobId.TryParse(text, out var job))
            fields.Refuse(name, "not_allowed", $"'{name}' names a job, but not which of its images: '{job}/0' is its first.");
        else
            fields.Refuse(name, "not_allowed", $"'{name}' must be {Forms}; an address has at most {OutgoingUrl.LengthMax:N0} characters.");
        return null;
    }
}
