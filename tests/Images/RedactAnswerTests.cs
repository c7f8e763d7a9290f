using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;
using Pipeline.Images;

namespace Pipeline.Tests.Images;

public sealed partial class RedactAnswerTests
{
    /// <summary>Stands in the secret part of every URL of these tests.</summary>
    private const string Secret = "s3cr3t";

    /// <summary>As they may stand in a text, decoded; some are escaped once more, as JSON within a text is.</summary>
    private static readonly string[] Urls =
    [
        $"https://cdn.example/{Secret}.png", $"HTTP://CDN.EXAMPLE/a?sig={Secret}&se=1", $"hTtPs://user:{Secret}@cdn.example/",
        $"https://cdn.example/it's?sig={Secret}", $"(https://cdn.example/a,b;c?sig={Secret})", $"https:\\/\\/cdn.example\\/{Secret}",
        $"\\u0068ttps:\\/\\/cdn.example/{Secret}", $"https\\u003a\\u002f\\u002fcdn.example/{Secret}", $"https:\\\\cdn.example\\{Secret}",
        $"https%3A%2F%2Fcdn.example%2F{Secret}", $"https%253a%252f%252fcdn.example/{Secret}", $"ftp://cdn.example/{Secret}",
        $"ftp%3A%2F%2Fcdn.example/{Secret}", $"ftp\\u003a\\u002f\\u002fcdn.example/{Secret}",
        $"/files/{Secret}.png", $"//cdn.example/{Secret}.png", $"a.png?sig={Secret}", $"data:image/png;base64,{Secret}",
        $"{{\"url\":\"https://cdn.example/{Secret}\"}}", $"<a href='https://cdn.example/{Secret}'>",
    ];

    [TestCase("""{"code":0,"data":{"url":"https://cdn.example/a.png"}}""", """{"code":0,"data":{"url":"(url)"}}""")]
    [TestCase("""{"model":"gemini","n":[1,2.5,true,null]}""", """{"model":"gemini","n":[1,2.5,true,null]}""")]
    [TestCase("""{"x":{"y":["\u0048ttps:\/\/cdn.example"]}}""", """{"x":{"y":["(url)"]}}""")]
    [TestCase("""{"https://cdn.example":1}""", """{"(url)":1}""")]
    [TestCase("""{"message":"made at https://cdn.example/a b in 2 s, 16:9"}""", """{"message":"made at (url) b in 2 s, 16:9"}""")]
    [TestCase("""{"message":"and/or: 1 / 2, ratio 16:9, why? Größe 😀"}""", """{"message":"and/or: 1 / 2, ratio 16:9, why? Größe 😀"}""")]
    public void URLs_are_replaced_wherever_they_stand_and_the_rest_stays(string answer, string kept)
    {
        using var document = JsonDocument.Parse(answer);
        using var expected = JsonDocument.Parse(kept);

        Assert.That(
            JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(RedactAnswer.From(document.RootElement)), expected.RootElement),
            RedactAnswer.From(document.RootElement));
    }

    [Test]
    public void Of_no_answer_whatever_a_URL_is_kept_nor_more_than_the_bound_and_it_is_JSON() =>
        // Any seed at all: an int as FsCheck makes it by itself is at most 100, and of two signs the dice are the same.
        Prop.ForAll(Gen.Choose(0, int.MaxValue).ToArbitrary(), seed =>
        {
            using var document = JsonDocument.Parse(Answer(new Random(seed)));
            var kept = RedactAnswer.From(document.RootElement);
            using var again = JsonDocument.Parse(kept);
            var words = Texts(again.RootElement).ToList();
            return Encoding.UTF8.GetByteCount(kept) <= RedactAnswer.BytesMax
                && again.RootElement.ValueKind == document.RootElement.ValueKind
                && words.All(text => !text.Contains(Secret, StringComparison.OrdinalIgnoreCase) && !Url().IsMatch(text));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));

    [TestCase(1)]
    [TestCase(1_000)]
    [TestCase(100_000)]
    public void The_longest_escapes_and_the_deepest_nesting_stay_within_the_bound(int length)
    {
        var name = new string('\u0001', length);
        var deep = string.Concat(Enumerable.Repeat($"{{{JsonSerializer.Serialize(name)}:", 60));
        using var document = JsonDocument.Parse($"{deep}{JsonSerializer.Serialize(name)}{new string('}', 60)}");

        Assert.That(Encoding.UTF8.GetByteCount(RedactAnswer.From(document.RootElement)), Is.LessThanOrEqualTo(RedactAnswer.BytesMax));
    }

    [Test]
    public void A_long_text_is_cut_between_characters()
    {
        using var document = JsonDocument.Parse($"[\"{string.Concat(Enumerable.Repeat("😀", 300))}\"]");

        var kept = JsonSerializer.Deserialize<string[]>(RedactAnswer.From(document.RootElement))!.Single();

        Assert.That(kept, Is.EqualTo(string.Concat(Enumerable.Repeat("😀", 139)) + "…"));
    }

    /// <summary>A JSON text with URLs in names and values, in which any character may be escaped.</summary>
    private static string Answer(Random random) => Value(random, depth: 0);

    private static string Value(Random random, int depth) => (depth == 0 ? 0 : random.Next(depth > 5 ? 2 : 0, 7)) switch
    {
        0 => $"{{{string.Join(',', Enumerable.Range(0, random.Next(12)).Select(_ => $"{Text(random)}:{Value(random, depth + 1)}"))}}}",
        1 => $"[{string.Join(',', Enumerable.Range(0, random.Next(12)).Select(_ => Value(random, depth + 1)))}]",
        2 => random.Next().ToString(CultureInfo.InvariantCulture),
        3 => new string('9', random.Next(1, 5_000)),
        4 => "null",
        _ => Text(random),
    };

    private static string Text(Random random)
    {
        var words = Enumerable.Range(0, random.Next(6)).Select(_ => random.Next(3) switch
        {
            0 => Urls[random.Next(Urls.Length)],
            1 => new string('x', random.Next(300)),
            _ => ((string[])["Größe", "😀😀😀", "\u0001", "16:9", "/", "?", "\\"])[random.Next(7)],
        });
        var text = new StringBuilder("\"");
        foreach (var c in string.Join(' ', words))
        {
            if (c is '"' or '\\' or < ' ' || char.IsSurrogate(c) || random.Next(4) == 0) text.Append($"\\u{(int)c:x4}");
            else text.Append(c == '/' && random.Next(2) == 0 ? "\\/" : c.ToString());
        }

        return text.Append('"').ToString();
    }

    private static IEnumerable<string> Texts(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object => json.EnumerateObject().SelectMany(property => Texts(property.Value).Append(property.Name)),
        JsonValueKind.Array => json.EnumerateArray().SelectMany(Texts),
        JsonValueKind.String => [json.GetString()!],
        _ => [],
    };

    [GeneratedRegex("https?:", RegexOptions.IgnoreCase)]
    private static partial Regex Url();
}
