using System.Globalization;
using System.Text.Json;

namespace Pipeline.Images;

/// <summary>What a caller asked for, in the contract's words.</summary>
/// <param name="Prompt">As the caller gave it.</param>
/// <param name="Model">Its id; aliases are resolved.</param>
/// <param name="ImageSize">The aspect ratio.</param>
/// <param name="Thinking">Null leaves it to the model.</param>
/// <param name="Search">What the model may look up.</param>
/// <param name="ServiceTier">Which line it stands in.</param>
/// <param name="RefImages">Images that go along, each by its short name: never a data URI, and never a URL with a signature.</param>
/// <param name="EditOf">The image to change, in the same form, or null.</param>
public sealed record AskedFor(
    string Prompt, string Model, string ImageSize, Thinking? Thinking, IReadOnlyList<SearchKind> Search, ServiceTier ServiceTier,
    IReadOnlyList<string> RefImages, string? EditOf);

/// <summary>An image's pixels, as the catalogue promises them and as they came.</summary>
public sealed record PixelsAskedAndGot(PixelSize Asked, PixelSize Got);

/// <summary>Where an image comes from: the file <c>{account}/{job}/{n}.json</c> beside it, field by field.</summary>
/// <param name="Job">The job's id.</param>
/// <param name="Index">Which of its images, from 0.</param>
/// <param name="Request">What was asked for.</param>
/// <param name="ResolvedModel">The model that the image API says it took, or else the one that it was sent.</param>
/// <param name="Attempt">The attempt that brought it; null if the image does not say.</param>
/// <param name="Pixels">Its size.</param>
/// <param name="ContentType">By its content.</param>
/// <param name="Bytes">Its length as stored.</param>
/// <param name="Sha256">Of its bytes as stored, in hex.</param>
/// <param name="Credits">What it costs.</param>
/// <param name="StoredAt">When it was stored.</param>
/// <param name="Answer">What the image API answered, as <see cref="RedactAnswer"/> keeps it; null if the worker died that knew it.</param>
public sealed record Provenance(
    string Job, int Index, AskedFor Request, string ResolvedModel, int? Attempt, PixelsAskedAndGot Pixels, string ContentType, long Bytes,
    string Sha256, int Credits, DateTimeOffset StoredAt, JsonElement? Answer)
{
    /// <summary>The file's name.</summary>
    public static string BlobOf(string folder, int index) => string.Create(CultureInfo.InvariantCulture, $"{folder}{index}.json");

    /// <summary>Whether a blob is such a file, and no image.</summary>
    public static bool IsOne(string blob) => blob.EndsWith(".json", StringComparison.Ordinal);

    /// <param name="found">The image, as it is stored.</param>
    /// <param name="folder">Where, and what was asked for.</param>
    /// <param name="catalogue">Says what pixels were promised.</param>
    /// <param name="answer">JSON as <see cref="RedactAnswer"/> makes it; empty if it is not known.</param>
    public static Provenance Of(FoundImage found, ImageFolder folder, Catalogue catalogue, string answer)
    {
        var image = found.Image;
        JsonElement? said = answer.Length > 0 ? JsonSerializer.Deserialize<JsonElement>(answer) : null;
        return new Provenance(
            folder.Job, image.Index, folder.Request, ModelOf(said) ?? folder.Model.Id, found.Attempt,
            new(catalogue.SizeOf(folder.Model, folder.Request.ImageSize), new PixelSize(image.Width, image.Height)),
            image.ContentType, image.Bytes, image.Sha256, folder.Model.CreditsPerImage, found.StoredAt, said);
    }

    private static string? ModelOf(JsonElement? answer) =>
        answer is { ValueKind: JsonValueKind.Object } json
            ? TextOf(json, "model") ?? (json.TryGetProperty("data", out var data) ? TextOf(data, "model") : null)
            : null;

    private static string? TextOf(JsonElement json, string name) =>
        json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;
}
