using System.Text.RegularExpressions;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Where a prompt misses the model's own best practices. Advice only: a job is never refused for it.</summary>
/// <remarks>
/// The practices are those of Google's guide to prompting this model (https://ai.google.dev/gemini-api/docs/image-generation):
/// describe a scene in sentences instead of listing keywords, be specific, and put text that is to be seen into quotation marks. The
/// rules are made for English; what they cannot judge they pass over.
/// </remarks>
public static partial class PromptAdvice
{
    /// <summary>Fewer words than this leave nearly all to the model.</summary>
    private const int WordsMin = 4;

    /// <summary>So many fragments between commas make a list, if nearly all of them are short.</summary>
    private const int FragmentsMin = 5;

    private const int FragmentWordsMax = 3;

    /// <summary>In sentences, at least every eighth word is one of the small ones that hold it together.</summary>
    private const double SmallWordsShareMin = 1.0 / 8;

    private static readonly char[] Separators = [',', ';', '|', '\n'];

    /// <summary>What to mend in the request's prompt; empty if nothing is found.</summary>
    public static IReadOnlyList<JobWarning> Of(JobRequest request, Catalogue catalogue)
    {
        var prompt = request.Prompt;
        var words = Words().Count(prompt);
        var warnings = new List<JobWarning>();
        // "Make it blue" says all there is to say about an image that goes along.
        var isAlone = request.EditOf is null && request.RefImages.Count == 0;
        if (isAlone && words is > 0 and < WordsMin && !HasUnspacedScript().IsMatch(prompt))
            warnings.Add(new("prompt_short",
                $"The prompt has {words} word{(words == 1 ? "" : "s")}: say what is seen, where, in what light and style, "
                + "or the model guesses."));
        if (IsKeywordList(prompt, words))
            warnings.Add(new("prompt_keywords",
                "The prompt is a list of keywords: the model follows a description of the scene in sentences more closely."));
        if (AsksForText().Match(prompt) is { Success: true } asks && !HasQuotation().IsMatch(prompt))
            warnings.Add(new("prompt_text_unquoted",
                $"The prompt asks for text ('{asks.Value.Trim()} …') without quotation marks: put the exact words between \"…\"."));
        if (NamedRatio(prompt, request.ImageSize, catalogue) is { } named)
            warnings.Add(new("prompt_ratio",
                $"The prompt says {named}, but the image will be {request.ImageSize}: only 'image_size' decides the ratio."));
        return warnings;
    }

    private static bool IsKeywordList(string prompt, int words)
    {
        var fragments = prompt.Split(Separators, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (fragments.Length < FragmentsMin) return false;
        var brief = fragments.Count(fragment => Words().Count(fragment) <= FragmentWordsMax);
        return brief >= 0.8 * fragments.Length && SmallWords().Count(prompt) < SmallWordsShareMin * words;
    }

    /// <summary>What the prompt says of the ratio, if the image will have another one.</summary>
    private static string? NamedRatio(string prompt, string imageSize, Catalogue catalogue)
    {
        var ratios = Ratio().Matches(prompt).Select(match => $"{match.Groups[1].Value}:{match.Groups[2].Value}")
            .Where(catalogue.Ratios.Contains).ToList();
        if (ratios.Count > 0) return ratios.Contains(imageSize) ? null : ratios[0];

        if (Orientation().Match(prompt) is not { Success: true } match) return null;
        var sides = imageSize.Split(':').Select(int.Parse).ToArray();
        var fits = match.Groups["shape"].Value.ToLowerInvariant() switch
        {
            "square" => sides[0] == sides[1],
            "portrait" or "vertical" or "upright" => sides[0] < sides[1],
            _ => sides[0] > sides[1],
        };
        return fits ? null : $"'{match.Value}'";
    }

    [GeneratedRegex(@"[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*")]
    private static partial Regex Words();

    /// <summary>Scripts that put no spaces between words, where words cannot be counted so.</summary>
    [GeneratedRegex(@"[\u0E00-\u0EFF\u1000-\u109F\u1780-\u17FF\u3040-\u30FF\u3400-\u4DBF\u4E00-\u9FFF]")]
    private static partial Regex HasUnspacedScript();

    [GeneratedRegex(@"\b(?:an?|the|is|are|was|of|in|on|at|with|and|to|from|by|for|its?|his|her|their|under|over|into|as|that)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex SmallWords();

    [GeneratedRegex(
        @"\b(?:with (?:the |a )?(?:text|words?|title|caption|slogan|headline|inscription|lettering)"
        + @"|(?:sign|poster|label|banner|shirt|logo|card|screen|billboard|sticker|neon|note)\b[^.,;]{0,30}?\b(?:says|saying|reads|reading)"
        + @"|with [^.,;]{1,40}? (?:written|printed|engraved) (?:on|across)|the words?(?! (?:of|for)\b)"
        + @"|that (?:says|reads)|which (?:says|reads)|(?:titled|captioned|labell?ed))\b(?=\s+\p{L})",
        RegexOptions.IgnoreCase)]
    private static partial Regex AsksForText();

    /// <summary>Two quotation marks of any kind, but not the apostrophes of two words.</summary>
    [GeneratedRegex(@"[""“”„«»「」『』].*[""“”„«»「」『』]|(?<!\w)['‘’].+['‘’](?!\w)", RegexOptions.Singleline)]
    private static partial Regex HasQuotation();

    [GeneratedRegex(@"(?<![\d:.])(\d{1,2})\s?[:x×]\s?(\d{1,2})(?![\d:]|\s?[ap]\.?m\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Ratio();

    [GeneratedRegex(
        @"\b(?<shape>square|portrait|vertical|upright|landscape|horizontal|widescreen|panoramic)[ -]"
        + @"(?:format|orientation|aspect ratio|aspect|mode|image|picture|canvas|crop|layout|poster|banner)\b",
        RegexOptions.IgnoreCase)]
    private static partial Regex Orientation();
}
