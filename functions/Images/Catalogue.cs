using System.Collections.Frozen;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using Pipeline.Http;

namespace Pipeline.Images;

/// <summary>What the model can do and what it costs, from <c>models.json</c> beside this file.</summary>
public sealed class Catalogue
{
    /// <summary>Short names that people use; the contract accepts them wherever a model's id is.</summary>
    private static readonly FrozenDictionary<string, string> Aliases = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["512"] = "512",
        ["1k"] = "1K",
        ["2k"] = "2K",
        ["4k"] = "4K",
        ["1K"] = "1K",
        ["2K"] = "2K",
        ["4K"] = "4K",
        ["nano-banana-2"] = "1K",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly FrozenDictionary<string, Model> byName;

    private Catalogue(CatalogueFile file)
    {
        Models = [.. file.Models];
        Ratios = [.. file.AspectRatiosStandard, .. file.AspectRatiosExtended];
        ImagesPerRequestMax = file.ImagesPerRequestMax;
        ReferenceImagesMax = file.ReferenceImagesMax;
        CharacterReferencesMax = file.CharacterReferencesMax;
        Sizes = file.Pixels;
        byName = Models.Select(model => KeyValuePair.Create(model.Id, model))
            .Concat(Aliases.Select(alias => KeyValuePair.Create(alias.Key, Models.Single(model => model.Tier == alias.Value))))
            .ToFrozenDictionary(StringComparer.Ordinal);
        Default = byName[file.DefaultModel];
    }

    public static IEnumerable<string> ShortNames => Aliases.Keys;

    public IReadOnlyList<Model> Models { get; }

    public Model Default { get; }

    /// <summary>The aspect ratios, as <c>16:9</c>; every model has them all.</summary>
    public IReadOnlyList<string> Ratios { get; }

    public int ImagesPerRequestMax { get; }

    public int ReferenceImagesMax { get; }

    public int CharacterReferencesMax { get; }

    /// <summary>By ratio, the pixel sizes of the models in their order, as <c>1376x768</c>.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> Sizes { get; }

    /// <summary>The catalogue that is part of this assembly.</summary>
    public static Catalogue Load()
    {
        using var file = Assembly.GetExecutingAssembly().GetManifestResourceStream("models.json")!;
        return new Catalogue(JsonSerializer.Deserialize<CatalogueFile>(file, Json.Options)!);
    }

    /// <summary>The model with this id or alias, or null.</summary>
    public Model? Find(string name) => byName.GetValueOrDefault(name);

    /// <summary>The pixels that a model delivers for a ratio.</summary>
    public PixelSize SizeOf(Model model, string ratio) => PixelSize.Parse(Sizes[ratio][Models.ToList().IndexOf(model)]);

    private sealed record CatalogueFile(
        string DefaultModel, int ImagesPerRequestMax, int ReferenceImagesMax, int CharacterReferencesMax, IReadOnlyList<Model> Models,
        IReadOnlyList<string> AspectRatiosStandard, IReadOnlyList<string> AspectRatiosExtended,
        IReadOnlyDictionary<string, IReadOnlyList<string>> Pixels);
}

/// <summary>One tier of the model.</summary>
/// <param name="Id">Its id at the image API.</param>
/// <param name="Tier"><c>512</c>, <c>1K</c>, <c>2K</c> or <c>4K</c>.</param>
/// <param name="CreditsPerImage">What an image costs, in credits.</param>
/// <param name="UsdPerImage">What that is in US dollars.</param>
/// <param name="OfficialUsdPerImage">What Google's own API asks for the same image, in US dollars.</param>
public sealed record Model(string Id, string Tier, int CreditsPerImage, decimal UsdPerImage, decimal OfficialUsdPerImage)
{
    /// <summary>2K and 4K, whose jobs have a queue of their own, so that they never delay previews.</summary>
    public bool IsLarge => Tier is "2K" or "4K";

    /// <summary>How long an image typically takes at the image API; what clients are told to wait between polls is a part of it.</summary>
    public TimeSpan TypicalLatency => TimeSpan.FromSeconds(Tier switch { "512" => 4, "1K" => 8, "2K" => 15, _ => 30 });

    /// <summary>When to give an answer of the image API up: four times and more of what is typical.</summary>
    public TimeSpan Timeout => TimeSpan.FromSeconds(Tier switch { "512" => 60, "1K" => 90, "2K" => 180, _ => 300 });
}

/// <summary>A picture's size in pixels.</summary>
public readonly record struct PixelSize(int Width, int Height)
{
    /// <summary>Reads <c>1376x768</c>.</summary>
    public static PixelSize Parse(string text)
    {
        var x = text.IndexOf('x', StringComparison.Ordinal);
        return new(int.Parse(text.AsSpan(0, x), CultureInfo.InvariantCulture), int.Parse(text.AsSpan(x + 1), CultureInfo.InvariantCulture));
    }

    public override string ToString() => $"{Width}x{Height}";
}
