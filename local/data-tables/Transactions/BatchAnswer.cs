using System.Globalization;
using System.Text;

namespace Azure.Data.Tables;

/// <summary>Reads the answer to a transaction: a multipart message whose changeset holds an HTTP answer to each action, in order.</summary>
/// <remarks>
/// If the transaction failed, there is one answer, that to the failed action. Azurite writes some parts without headers of their
/// own, and line ends vary; so an answer is what begins with a status line, up to the next boundary.
/// </remarks>
internal static class BatchAnswer
{
    private const string StatusLine = "HTTP/1.1 ";

    /// <summary>The answers, bodies as views into the whole.</summary>
    /// <exception cref="InvalidDataException">This is no answer to a transaction.</exception>
    public static IReadOnlyList<Response> Parse(Response response)
    {
        var content = response.Content.ToMemory();
        var lines = new Lines(content);
        var answers = new List<Response>();
        while (lines.Next() is { } line)
        {
            if (!line.StartsWith(StatusLine, StringComparison.Ordinal)) continue;
            answers.Add(ParseOne(line, lines, content, response.ClientRequestId));
        }

        return answers.Count > 0 ? answers : throw new InvalidDataException("The answer to the transaction holds no answer to any action.");
    }

    private static PartResponse ParseOne(string statusLine, Lines lines, ReadOnlyMemory<byte> content, string clientRequestId)
    {
        var words = statusLine[StatusLine.Length..].Split(' ', 2);
        if (!int.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            throw new InvalidDataException($"No status in the answer '{statusLine}' to an action.");

        var headers = new List<KeyValuePair<string, string>>();
        string? line;
        while (!string.IsNullOrEmpty(line = lines.Next()) && !IsBoundary(line))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0) headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        var start = lines.Position;
        var end = start;
        if (line is { Length: 0 })
        {
            while ((line = lines.Next()) is not null && !IsBoundary(line))
                if (line.Length > 0) end = lines.Position;
        }

        return new PartResponse(status, words.ElementAtOrDefault(1) ?? "", headers, content[start..end], clientRequestId);
    }

    /// <summary>A line of JSON never begins like this.</summary>
    private static bool IsBoundary(string line) => line.StartsWith("--", StringComparison.Ordinal);

    /// <summary>Reads line by line, whichever way lines end.</summary>
    private sealed class Lines(ReadOnlyMemory<byte> content)
    {
        /// <summary>Where the next line begins.</summary>
        public int Position { get; private set; }

        public string? Next()
        {
            if (Position >= content.Length) return null;
            var rest = content.Span[Position..];
            var feed = rest.IndexOf((byte)'\n');
            var line = feed < 0 ? rest : rest[..feed];
            Position += feed < 0 ? rest.Length : feed + 1;
            return Encoding.UTF8.GetString(line.TrimEnd((byte)'\r'));
        }
    }
}
