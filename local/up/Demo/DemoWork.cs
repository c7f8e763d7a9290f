namespace Local.Up.Demo;

/// <summary>What a demo asks for: a job over HTTP, and the jobs of a manifest, over all tiers and several shapes.</summary>
internal static class DemoWork
{
    /// <summary>The manifest's blob in its container, below the account's name.</summary>
    public const string ManifestFile = "postcards.json";

    public static AskedJob Single { get; } = new(
        "lighthouse", "1k", 2, "16:9",
        "A lighthouse on a basalt cliff in the first light, fog in the bay below, gulls, muted teal and apricot, 35 mm photograph");

    public static IReadOnlyList<AskedJob> Manifest { get; } =
    [
        new("fox", "512", 3, "1:1",
            "A fox curled up asleep in fresh snow, seen from above, linocut in two colors, generous white space"),
        new("market", "1k", 1, "4:5",
            "A fruit stall in a narrow street after rain, wet cobblestones, paper lanterns, loose watercolor with visible pencil lines"),
        new("tea-poster", "1k", 2, "2:3",
            "A travel poster for a tea terrace in the mountains, flat shapes, the words HIGH MEADOW TEA in a hand-drawn serif"),
        new("night-train", "2k", 1, "21:9",
            "A night train crossing a long stone viaduct under the milky way, warm windows, deep blue valley, cinematic and wide"),
        new("glasshouse", "2k", 1, "3:2",
            "The inside of a Victorian glasshouse, giant ferns, a gardener with a copper watering can, soft haze, medium format photo"),
        new("reef", "4k", 1, "16:9",
            "A cutaway of a coral reef from the surface to the deep, dozens of species, fine ink lines, old atlas plate"),
    ];
}

/// <summary>A job as it is asked for, with the fields of the contract.</summary>
internal sealed record AskedJob(string CustomId, string Model, int Num, string ImageSize, string Prompt);
