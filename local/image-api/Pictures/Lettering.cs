namespace Local.ImageApi.Pictures;

/// <summary>Where the words go: the prompt as large as it fits, below it what was asked for; in squares of the grid.</summary>
internal sealed record Lettering(
    IReadOnlyList<Lettering.Line> Prompt, IReadOnlyList<Lettering.Line> Caption, int Left, int Top, int Width, int Height)
{
    private const int Margin = 6;
    private const int Padding = 5;
    private const int LineGap = 2;
    private const int ParagraphGap = 3;
    private const int LargestScale = 2;

    /// <summary>The prompt may cover this share of the picture, in percent.</summary>
    private const int PromptShareMax = 45;

    internal sealed record Line(string Text, int X, int Y, int Scale);

    public static Lettering Of(Picture picture)
    {
        var grid = picture.Grid;
        var left = Margin + Padding;
        var width = grid.Width - (2 * left);
        var caption = CaptionOf(picture, Columns(width, 1));
        var captionHeight = caption.Count * LineHeight(1);
        var besideCaption = grid.Height - captionHeight - ParagraphGap - (2 * (Margin + Padding));
        var roomForPrompt = Math.Max(LineHeight(1), Math.Min(besideCaption, grid.Height * PromptShareMax / 100));
        var (prompt, scale) = Largest(Font.Plain(picture.Prompt), width, roomForPrompt);

        var height = (prompt.Count * LineHeight(scale)) + ParagraphGap + captionHeight;
        var top = grid.Height - Margin - Padding - height;
        var captionTop = top + height - captionHeight;
        var longest = prompt.Select(line => line.Length * scale).Concat(caption.Select(line => line.Length)).Max() * (Font.Width + 1);
        return new Lettering(
            [.. prompt.Select((text, i) => new Line(text, left, top + (i * LineHeight(scale)), scale))],
            [.. caption.Select((text, i) => new Line(text, left, captionTop + (i * LineHeight(1)), 1))],
            Margin, top - Padding, longest + (2 * Padding), height + (2 * Padding));
    }

    /// <summary>What was asked for, on as few lines as it fits.</summary>
    private static List<string> CaptionOf(Picture picture, int columns)
    {
        var size = $"{picture.Ratio}  {picture.Size}";
        var number = $"image {picture.Index} of {picture.Count}";
        string[][] layouts = [[$"{picture.Model}  {size}  {number}"], [picture.Model, $"{size}  {number}"], [picture.Model, size, number]];
        var lines = layouts.FirstOrDefault(layout => layout.All(line => line.Length <= columns)) ?? layouts[^1];
        return [.. lines.SelectMany(line => line.Length <= columns ? [line] : Wrap(line, columns))];
    }

    private static int LineHeight(int scale) => (Font.Height + LineGap) * scale;

    private static int Columns(int width, int scale) => Math.Max(1, (width + scale) / ((Font.Width + 1) * scale));

    /// <summary>The prompt at the largest scale at which all of it fits; else at the smallest, as far as it goes.</summary>
    private static (List<string> Lines, int Scale) Largest(string prompt, int width, int height)
    {
        for (var scale = LargestScale; scale > 1; scale--)
        {
            var lines = Wrap(prompt, Columns(width, scale));
            if (lines.Count * LineHeight(scale) <= height) return (lines, scale);
        }

        var all = Wrap(prompt, Columns(width, 1));
        var linesMax = height / LineHeight(1);
        if (all.Count <= linesMax) return (all, 1);
        var columns = Columns(width, 1);
        var last = all[linesMax - 1];
        return ([.. all.Take(linesMax - 1), last[..Math.Min(last.Length, columns - 1)] + '…'], 1);
    }

    /// <summary>By words; a word longer than a line is cut.</summary>
    private static List<string> Wrap(string text, int columns)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var rest = word;
            if (line.Length > 0 && line.Length + 1 + rest.Length <= columns)
            {
                line += ' ' + rest;
                continue;
            }

            if (line.Length > 0) lines.Add(line);
            for (; rest.Length > columns; rest = rest[columns..]) lines.Add(rest[..columns]);
            line = rest;
        }

        if (line.Length > 0) lines.Add(line);
        return lines;
    }
}
