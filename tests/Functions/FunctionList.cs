using System.Reflection;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Http;

namespace Pipeline.Tests.Functions;

/// <summary>Writes <c>docs/functions.md</c> from the app's functions. A line each, sorted, so that a change changes one line.</summary>
internal static partial class FunctionList
{
    private const string Head = """
        # Functions

        Every function of the app, by what runs it. Generated from the app; a test keeps it true, and says how to write it again. Routes are
        below the prefix in `host.json`, which is empty. *Anonymous* is open to the host; the function itself asks for an account's API key
        where [the API](api.md) says so. *Function* needs a key of the host's.
        """;

    /// <summary>A section for each kind of trigger: its title, what its own columns are, and what a function has there.</summary>
    private static readonly (string Title, string Column, Func<AppFunction, string?> Cell)[] Sections =
    [
        ("HTTP", "route | level", function => function.Trigger is HttpTriggerAttribute trigger
            ? $"`{string.Join(", ", AppFunction.MethodsOf(trigger))} /{trigger.Route ?? function.Name}` | {trigger.AuthLevel}" : null),
        ("Queues", "queue", function => function.Trigger is QueueTriggerAttribute trigger ? $"`{trigger.QueueName}`" : null),
        ("Blobs", "path, source", function => function.Trigger is BlobTriggerAttribute trigger
            ? $"`{trigger.BlobPath}`, {trigger.Source}" : null),
        ("Timers", "schedule, UTC", function => function.Trigger is TimerTriggerAttribute trigger ? $"`{trigger.Schedule}`" : null),
    ];

    /// <param name="functions">In the order that they are to have.</param>
    /// <param name="summaries">The compiler's documentation file of their assembly.</param>
    public static string Of(IReadOnlyList<AppFunction> functions, XDocument summaries)
    {
        var lines = new List<string>(Head.Split('\n'));
        var listed = 0;
        foreach (var (title, column, cell) in Sections)
        {
            var rows = functions.Where(function => cell(function) is not null).ToList();
            listed += rows.Count;
            var rule = string.Concat(column.Split('|').Select(_ => " --- |"));
            lines.AddRange(["", $"## {title}", "", $"| function | {column} | what it does |", $"| --- |{rule} --- |"]);
            lines.AddRange(rows.Select(function => $"| {Link(function)} | {cell(function)} | {Summary(function, summaries)} |"));
        }

        if (listed != functions.Count) throw new InvalidOperationException("A function has a trigger that no section lists.");
        return string.Join('\n', lines) + "\n";
    }

    /// <summary>The folder is the noun, the file the class.</summary>
    private static string Link(AppFunction function)
    {
        var type = function.Run.DeclaringType!;
        var folder = string.Join('/', type.Namespace!.Split('.').Skip(1).Prepend("functions"));
        return $"[{function.Name}](../{folder}/{type.Name}.cs)";
    }

    /// <summary>What its head says to callers; else the first sentence that the code says of the method, or of the class.</summary>
    private static string Summary(AppFunction function, XDocument summaries)
    {
        if (function.Run.GetCustomAttribute<SummaryAttribute>() is { } head) return InCell(head.Text);
        var type = function.Run.DeclaringType!;
        var members = summaries.Descendants("member").ToLookup(
            member => member.Attribute("name")!.Value.Split('(')[0], member => member.Element("summary"));
        var summary = members[$"M:{type.FullName}.{function.Run.Name}"].Concat(members[$"T:{type.FullName}"])
            .FirstOrDefault(element => element is not null);
        return summary is null ? "" : InCell(FirstSentence().Match(Words().Replace(TextOf(summary), " ").Trim()).Value);
    }

    private static string TextOf(XElement element) => string.Concat(element.Nodes().Select(node => node switch
    {
        XText text => text.Value,
        XElement { Name.LocalName: "c" } code => $"`{code.Value}`",
        XElement named when (named.Attribute("cref") ?? named.Attribute("name")) is { } name => $"`{name.Value.Split('.', ':')[^1]}`",
        XElement other => TextOf(other),
        _ => "",
    }));

    private static string InCell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);

    [GeneratedRegex(@"\s+")]
    private static partial Regex Words();

    [GeneratedRegex(@"^.*?(\.(?= )|$)")]
    private static partial Regex FirstSentence();
}
