using System.Text;

namespace Local.ImageApi.Pictures;

/// <summary>The letters of font.txt, drawn for this simulator: 5 dots wide, 7 high, 2 more below the line.</summary>
internal static class Font
{
    public const int Width = 5;
    public const int Height = 9;
    private const char Box = '□';

    /// <summary>The letters of Latin-1 from À on, without their accents.</summary>
    private const string LatinPlain = "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";
    private const int FirstLatin = 0xC0;
    private const int LatinLetters = 0x40;

    private static readonly Dictionary<char, bool[]> Glyphs = Read();

    /// <summary>The same text in characters that the font has: typographic ones by their plain cousins, others as a box.</summary>
    public static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) plain.Append(Plain(rune));
        return plain.ToString();
    }

    /// <summary>Whether a dot is inked.</summary>
    public static bool Ink(char character, int x, int y) => Glyphs[character][(y * Width) + x];

    private static char Plain(Rune rune) => rune.Value switch
    {
        >= FirstLatin and < FirstLatin + LatinLetters => LatinPlain[rune.Value - FirstLatin],
        '\n' or '\r' or '\t' or 0xA0 => ' ',
        '‘' or '’' => '\'',
        '“' or '”' or '«' or '»' => '"',
        '‐' or '‑' or '–' or '—' => '-',
        _ => rune.IsBmp && Glyphs.ContainsKey((char)rune.Value) ? (char)rune.Value : Box,
    };

    /// <summary>A sheet is a line of up to 16 characters, each above its drawing, and the nine lines of the drawings.</summary>
    private static Dictionary<char, bool[]> Read()
    {
        using var reader = new StreamReader(Resource.Open("font.txt"));
        var lines = reader.ReadToEnd().TrimEnd('\n').Split('\n');
        var glyphs = new Dictionary<char, bool[]>();
        foreach (var sheet in lines.Chunk(1 + Height))
        {
            for (var left = 0; left < sheet[1].Length; left += Width + 1)
            {
                var ink = sheet.Skip(1).SelectMany(line => line.Substring(left, Width)).Select(dot => dot == '#');
                glyphs.Add(sheet[0][left], ink.ToArray());
            }
        }

        return glyphs;
    }
}
