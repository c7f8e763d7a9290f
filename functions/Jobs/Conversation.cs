namespace Pipeline.Jobs;

/// <summary>The images that led to the one that a job edits, as ids; their prompts are read when the job is worked on.</summary>
public static class Conversation
{
    /// <summary>As many as the image API takes images; older rounds are in the picture by then.</summary>
    public const int RoundsMax = 10;

    /// <summary>The conversation of a job that edits an image of another.</summary>
    public static IReadOnlyList<string> After(Job parent, ImageSource.OfJob image) =>
        [.. parent.Conversation.Append(image.ToString()).TakeLast(RoundsMax)];

    /// <summary>The images of a job's conversation, oldest first.</summary>
    /// <exception cref="FormatException">The row is damaged.</exception>
    public static IReadOnlyList<ImageSource.OfJob> Of(Job job) =>
    [
        .. job.Conversation.Select(text => ReadImageSource.Form(text) as ImageSource.OfJob
            ?? throw new FormatException($"'{text}' in the conversation of {job.Id} is no image of a job.")),
    ];
}
