using System.Globalization;
using System.Text.Json;

namespace Local.ImageApi;

/// <summary>What the provider sells. A copy of its own: the simulator plays the provider and knows nothing of the app.</summary>
internal sealed class Catalogue
{
    /// <summary>In the order of the columns of <c>pixels</c> in models.json; each has twice the edge of the one before.</summary>
    private static readonly string[] Tiers = ["512", "1K", "2K", "4K"];

    private readonly Dictionary<string, Model> models;
    private readonly Dictionary<string, PixelSize[]> sizes;

    private Catalogue(JsonElement root)
    {
        ImagesPerCallMax = root.GetProperty("images_per_request_max").GetInt32();
        ReferencesMax = root.GetProperty("reference_images_max").GetInt32();
        models = root.GetProperty("models").EnumerateArray().Select(ReadModel).ToDictionary(model => model.Id);
        sizes = root.GetProperty("pixels").EnumerateObject().ToDictionary(
            ratio => ratio.Name,
            ratio => ratio.Value.EnumerateArray().Select(size => PixelSize.Parse(size.GetString()!)).ToArray());
    }

    public int ImagesPerCallMax { get; }

    public int ReferencesMax { get; }

    public IEnumerable<Model> Models => models.Values;

    public IEnumerable<string> Ratios => sizes.Keys;

    public static Catalogue Load()
    {
        using var json = JsonDocument.Parse(Resource.Open("models.json"));
        return new Catalogue(json.RootElement);
    }

    public Model? Find(string id) => models.GetValueOrDefault(id);

    public PixelSize Size(string ratio, Tier tier) => sizes[ratio][(int)tier];

    private static Model ReadModel(JsonElement model)
    {
        var tier = Array.IndexOf(Tiers, model.GetProperty("tier").GetString());
        return new Model(model.GetProperty("id").GetString()!, (Tier)tier, model.GetProperty("credits_per_image").GetInt32());
    }
}

internal sealed record Model(string Id, Tier Tier, int CreditsPerImage);

/// <summary>The value is the column of <c>pixels</c> in models.json.</summary>
internal enum Tier { Half, One, Two, Four }

internal readonly record struct PixelSize(int Width, int Height)
{
    public static PixelSize Parse(string text)
    {
        var parts = text.Split('x');
        return new PixelSize(int.Parse(parts[0], CultureInfo.InvariantCulture), int.Parse(parts[1], CultureInfo.InvariantCulture));
    }

    public override string ToString() => $"{Width}x{Height}";
}
