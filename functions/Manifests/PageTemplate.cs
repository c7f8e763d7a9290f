using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Manifests;

/// <summary><c>page.html</c>, in two halves; between them stands the manifest's data as JSON.</summary>
internal static class PageTemplate
{
    private static readonly string[] Halves = Load().Split("{{data}}");

    public static ReadOnlyMemory<byte> Start { get; } = Encoding.UTF8.GetBytes(Halves[0]);

    public static ReadOnlyMemory<byte> End { get; } = Encoding.UTF8.GetBytes(Halves[1]);

    /// <summary>With the hashes of its own style and script: the browser runs nothing else, whatever a prompt says.</summary>
    private static string Load()
    {
        using var resource = typeof(PageTemplate).Assembly.GetManifestResourceStream("page.html")!;
        using var reader = new StreamReader(resource);
        // As git may have checked it out on Windows: browsers hash what they read after they made all line ends alike.
        var html = reader.ReadToEnd().ReplaceLineEndings("\n");
        return html
            .Replace("{{style-hash}}", HashOf(html, "<style>", "</style>"), StringComparison.Ordinal)
            .Replace("{{script-hash}}", HashOf(html, "<script>", "</script>"), StringComparison.Ordinal);
    }

    private static string HashOf(string html, string start, string end)
    {
        var from = html.IndexOf(start, StringComparison.Ordinal) + start.Length;
        var text = html[from..html.IndexOf(end, from, StringComparison.Ordinal)];
        return $"'sha256-{Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}'";
    }
}
