namespace Local.Up;

/// <summary>The last lines that a child process printed.</summary>
internal sealed class PrintedLines
{
    /// <summary>Some 2 MB; a process that prints without end is not kept.</summary>
    private const int LinesMax = 10_000;

    /// <summary>What a message quotes: enough for a stack trace.</summary>
    private const int QuotedMax = 40;

    private readonly Queue<string> lines = new();

    public void Add(string line)
    {
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > LinesMax) lines.Dequeue();
        }
    }

    public IReadOnlyList<string> Read()
    {
        lock (lines) return [.. lines];
    }

    /// <summary>The end of it, to be quoted in a message.</summary>
    public override string ToString()
    {
        var end = string.Join(Environment.NewLine, Read().TakeLast(QuotedMax)).Trim();
        return end.Length > 0 ? end : "(it printed nothing)";
    }
}
