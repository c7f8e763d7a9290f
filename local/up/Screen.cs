using System.Text.Json;
using Spectre.Console;

namespace Local.Up;

/// <summary>What the person at the terminal sees. Where stdout is for a program, that is on stderr.</summary>
internal sealed class Screen
{
    /// <summary>Of a table in a file or a pipe, which has no width of its own.</summary>
    private const int PlainWidth = 160;

    private readonly TextWriter writer;
    private readonly IAnsiConsole errors;

    private Screen(TextWriter writer)
    {
        this.writer = writer;
        Console = ConsoleOn(writer);
        errors = ConsoleOn(System.Console.Error);
    }

    /// <summary>For tables and what is live.</summary>
    public IAnsiConsole Console { get; }

    /// <summary>Whether lines can be written again, as on a terminal.</summary>
    public bool IsLive => Console.Profile.Capabilities is { Ansi: true, Interactive: true };

    public static Screen For(UpOptions options) => new(options.Json ? System.Console.Error : System.Console.Out);

    public void Say(string sentence) => Console.MarkupLineInterpolated($"[grey]{sentence}[/]");

    /// <summary>A line that a person may copy: it is never broken, whatever the width.</summary>
    public void Line(string text = "") => writer.WriteLine(text);

    /// <summary>A name and what it stands for.</summary>
    public void Field(string name, string value)
    {
        Console.MarkupInterpolated($"  [grey]{name,-14}[/]");
        Line(value);
    }

    public void Heading(string text)
    {
        Line();
        Console.MarkupLineInterpolated($"[bold]{text}[/]");
    }

    /// <summary>Tells on stderr of something the app complained about.</summary>
    public void Warn(string line) => errors.MarkupInterpolated($"[yellow]{line}{Environment.NewLine}[/]");

    /// <summary>Tells on stderr why it does not go on.</summary>
    public void Fail(string reason) => errors.MarkupInterpolated($"[red]{reason}{Environment.NewLine}[/]");

    /// <summary>The one line that a program reads.</summary>
    public static void Data(object data) => System.Console.Out.WriteLine(JsonSerializer.Serialize(data, Snake.Json));

    private static IAnsiConsole ConsoleOn(TextWriter writer)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(writer) });
        if (!console.Profile.Out.IsTerminal) console.Profile.Width = PlainWidth;
        return console;
    }
}
