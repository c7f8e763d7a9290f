namespace Local.Up;

/// <summary>The last lines that a child process printed, for the message that says why it did not start.</summary>
internal sealed class PrintedLines
{
    /// <summary>Enough for a stack trace; a process that prints without end is not kept.</summary>
    private const int LinesMax = 40;

    private readonly Queue<string> lines = new();

    public void Add(string? line)
    {
        if (line is null) return;
        lock (lines)
        {
            lines.Enqueue(line);
            if (lines.Count > LinesMax) lines.Dequeue();
        }
    }

    public override string ToString()
    {
        lock (lines) return string.Join(Environment.NewLine, lines);
    }
}
