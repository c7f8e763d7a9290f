using System.Text.Json;
using Spectre.Console;

namespace Local.Up;

/// <summary>What the person at the terminal sees. Where stdout is for a program, that is on stderr.</summary>
internal sealed class Screen
{
    /// <summary>Of a table in a file or a pipe, which has no width of its own.</summary>
    private const int PlainWidth = 160;

    /// <summary>Sentences are left to the terminal to break.</summary>
    private const int Unbroken = 100_000;

    /// <summary>Of a log line that is passed on; the whole of it, with its stack trace, is in the log file.</summary>
    private const int WarningMax = 300;

    private readonly TextWriter writer;
    private readonly IAnsiConsole sentences;
    private readonly IAnsiConsole errors;

    private Screen(TextWriter writer)
    {
        this.writer = writer;
        Console = ConsoleOn(writer);
        sentences = ConsoleOn(writer, Unbroken);
        errors = ConsoleOn(System.Console.Error, Unbroken);
    }

    /// <summary>For tables and what is live.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether lines can be written again, as on a terminal.</summary>
    public bool IsLive => Console.Profile.Out.IsTerminal && Console.Profile.Capabilities.Ansi;

    public static Screen For(UpOptions options) => new(options.Json ? System.Console.Error : System.Console.Out);

    public void Say(string sentence) => sentences.MarkupLineInterpolated($"[grey]{sentence}[/]");

    /// <summary>A line that a person may copy: it is never broken, whatever the width.</summary>
    public void Line(string text = "") => writer.WriteLine(text);

    /// <summary>A name and what it stands for.</summary>
    public void Field(string name, string value)
    {
        sentences.MarkupInterpolated($"  [grey]{name,-14}[/]");
        Line(value);
    }

    public void Heading(string text)
    {
        Line();
        sentences.MarkupLineInterpolated($"[bold]{text}[/]");
    }

    /// <summary>Tells on stderr of something the app complained about.</summary>
    public void Warn(string line) =>
        errors.MarkupLineInterpolated($"[yellow]{(line.Length > WarningMax ? line[..WarningMax] + "…" : line)}[/]");

    /// <summary>Tells on stderr why it does not go on.</summary>
    public void Fail(string reason) => errors.MarkupLineInterpolated($"[red]{reason}[/]");

    /// <summary>The one line that a program reads.</summary>
    public static void Data(object data) => System.Console.Out.WriteLine(JsonSerializer.Serialize(data, Snake.Json));

    private static IAnsiConsole ConsoleOn(TextWriter writer, int? width = null)
    {
        var output = new AnsiConsoleOutput(writer);
        // Left to itself the library colors a file, too, where a build server is around it.
        var ansi = output.IsTerminal ? AnsiSupport.Detect : AnsiSupport.No;
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = output, Ansi = ansi });
        if (width is not null) console.Profile.Width = width.Value;
        else if (!output.IsTerminal) console.Profile.Width = PlainWidth;
        return console;
    }
}
