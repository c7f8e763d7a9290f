using System.Globalization;
using System.Text;

namespace Pipeline.Jobs;

/// <summary>An earlier round of a conversation: what was asked, and the image that came of it.</summary>
public sealed record Round(string Prompt, ImageSource.OfJob Image);

/// <summary>A request as the image API can take it.</summary>
/// <param name="IsEdit">Whether the API's route for editing one image fits.</param>
/// <param name="Prompt">What to send, with what the images are.</param>
/// <param name="Images">What to send along, in the order in which the prompt counts them from 1.</param>
public sealed record ComposedRequest(bool IsEdit, string Prompt, IReadOnlyList<ImageSource> Images);

/// <summary>
/// Says in one prompt what the image API has no fields for: earlier rounds of a conversation, and what each image is there for.
/// </summary>
public static class ComposePrompt
{
    private const int PromptLengthMax = ReadJobRequest.PromptLengthMax;

    /// <summary>
    /// The image to edit is first, the caller's references follow, then the images of earlier rounds, the newest first. Without rounds
    /// and roles the prompt is the caller's, word for word.
    /// </summary>
    /// <param name="request">What the caller asked for.</param>
    /// <param name="rounds">The conversation, oldest first; the last round's image is the one to edit.</param>
    /// <param name="imagesMax">What the image API takes.</param>
    public static ComposedRequest From(JobRequest request, IReadOnlyList<Round> rounds, int imagesMax)
    {
        var images = request.AllImages.Select(named => named.Image).ToList();
        var roles = Roles(request);
        var told = new List<string>();
        var length = request.Prompt.Length + roles.Length + Begin.Length + Now.Length;
        foreach (var round in rounds.Reverse())
        {
            // What the prompt does not tell of is not sent, and what does not fit ends the telling: a gap would mislead.
            var isKnown = images.Contains(round.Image);
            var number = isKnown ? images.IndexOf(round.Image) + 1 : images.Count < imagesMax ? images.Count + 1 : (int?)null;
            var line = Line(number, round.Prompt);
            if (length + line.Length > PromptLengthMax) break;
            length += line.Length;
            told.Add(line);
            if (number is not null && !isKnown) images.Add(round.Image);
        }

        told.Reverse();
        var prompt = told.Count == 0 ? request.Prompt + roles : Begin + string.Concat(told) + Now + request.Prompt + roles;
        return new ComposedRequest(request.EditOf is not null && images.Count == 1, prompt, images);
    }

    /// <summary>How many characters of the limit a request needs at least, whatever its conversation.</summary>
    public static int LengthOf(JobRequest request) => request.Prompt.Length + Roles(request).Length;

    private const string Begin = "This picture is made in rounds. The rounds so far, oldest first:\n";

    private const string Now = "Now edit image 1: ";

    private static string Line(int? image, string prompt) => image is { } number
        ? string.Create(CultureInfo.InvariantCulture, $"- Image {number} came of: {prompt}\n")
        : $"- Before: {prompt}\n";

    /// <summary>A sentence for each image, or nothing if no image has a role.</summary>
    private static string Roles(JobRequest request)
    {
        if (request.RefImages.All(image => image.Role is null)) return "";
        var text = new StringBuilder("\n\n");
        var number = 0;
        if (request.EditOf is not null) text.Append(CultureInfo.InvariantCulture, $"Image {++number} is the one to edit. ");
        foreach (var reference in request.RefImages)
            text.Append(CultureInfo.InvariantCulture, $"Image {++number} {Meaning(reference.Role)}. ");
        return text.ToString().TrimEnd(' ');
    }

    private static string Meaning(ReferenceRole? role) => role switch
    {
        ReferenceRole.Style => "shows the style to follow, not what to draw",
        ReferenceRole.Object => "shows an object that must appear as it is",
        ReferenceRole.Character => "shows a character who must stay recognizable",
        null => "is for reference",
        _ => throw new InvalidOperationException($"No role {role} is known."),
    };
}
