namespace Local.ImageApi;

/// <summary>The provider's books since the start or the last reset; in JSON the names are in snake case.</summary>
/// <param name="Calls">Calls of either route, refused ones too: all of <paramref name="ByStatus"/> and <paramref name="InFlight"/>.</param>
/// <param name="Images">Images really made, also if nobody ever learns of them.</param>
/// <param name="CreditsCharged">Credits of the images really made, at the price of the model that was asked for.</param>
/// <param name="ByStatus">Answers by HTTP status; <c>none</c> are calls that ended without a whole answer.</param>
/// <param name="InFlight">Calls that have not been answered yet.</param>
/// <param name="InFlightMax">The most calls there were at once.</param>
/// <param name="Downloads">Image files that were sent to their last byte.</param>
/// <param name="References">Reference images and images to edit that were fetched or decoded, newest last; the last 500.</param>
public sealed record SimulatorStats(
    long Calls,
    long Images,
    long CreditsCharged,
    IReadOnlyDictionary<string, long> ByStatus,
    long InFlight,
    long InFlightMax,
    long Downloads,
    IReadOnlyList<SeenReference> References);

/// <summary>The provider's books of one prompt, refused calls left out.</summary>
/// <param name="Calls">Its calls.</param>
/// <param name="Images">Images really made of it.</param>
/// <param name="InFlightMax">The most of its calls that there were at once.</param>
public sealed record PromptStats(long Calls, long Images, long InFlightMax);

/// <summary>An image that came with a call, as the simulator saw it.</summary>
/// <param name="Field">Where it stood: <c>image</c> or <c>ref_images[0]</c>.</param>
/// <param name="Source">The URL without its query, which may be a signature; <c>data:</c> for one that was sent in the body.</param>
/// <param name="Sha256">Of its bytes, in lower-case hex.</param>
/// <param name="Bytes">How many bytes.</param>
/// <param name="Format">By its content: <c>png</c>, <c>jpeg</c> or <c>webp</c>.</param>
/// <param name="Width">In pixels.</param>
/// <param name="Height">In pixels.</param>
/// <param name="Prompt">Of the call, without tags; at most 100 characters.</param>
public sealed record SeenReference(
    string Field, string Source, string Sha256, long Bytes, string Format, int Width, int Height, string Prompt);
