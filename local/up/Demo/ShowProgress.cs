using System.Globalization;
using Spectre.Console;

namespace Local.Up.Demo;

/// <summary>One job on the way: <c>dropped</c> until the app has read its manifest, then the status of the contract.</summary>
internal sealed record ProgressRow(AskedJob Asked, string Status, TimeSpan? Took)
{
    public const string Dropped = "dropped";

    public static ProgressRow Of(AskedJob asked, JobAnswer? job) => new(
        asked, job?.Status ?? Dropped, job?.FinishedAt is { } finished ? finished - job.CreatedAt : null);
}

/// <summary>Shows jobs on the way: a table that changes in place on a terminal, a line for each change elsewhere.</summary>
internal static class ShowProgress
{
    /// <summary>Does the work, which tells of all rows whenever one may have changed.</summary>
    public static Task<T> While<T>(Screen screen, Func<Action<IReadOnlyList<ProgressRow>>, Task<T>> work)
    {
        if (screen.IsLive) return screen.Console.Live(TableOf([])).StartAsync(live => work(rows => live.UpdateTarget(TableOf(rows))));

        var shown = new Dictionary<string, string>();
        return work(rows =>
        {
            foreach (var row in rows.Where(row => row.Status != shown.GetValueOrDefault(row.Asked.CustomId, ProgressRow.Dropped)))
            {
                shown[row.Asked.CustomId] = row.Status;
                screen.Line($"  {row.Asked.CustomId,-12}{ImagesOf(row.Asked),-16}{row.Status,-11}{SecondsOf(row)}".TrimEnd());
            }
        });
    }

    private static Table TableOf(IReadOnlyList<ProgressRow> rows)
    {
        var table = Columns.NewTable().Left("job").Left("images").Left("status").Right("took");
        foreach (var row in rows) table.AddRow(row.Asked.CustomId, ImagesOf(row.Asked), Colored(row.Status), SecondsOf(row));
        return table;
    }

    private static string ImagesOf(AskedJob asked) => $"{asked.Num} × {asked.Model.ToUpperInvariant()} {asked.ImageSize}";

    private static string SecondsOf(ProgressRow row) =>
        row.Took is { } took ? took.TotalSeconds.ToString("0.0 s", CultureInfo.InvariantCulture) : "";

    private static string Colored(string status) => status switch
    {
        ProgressRow.Dropped or "queued" => $"[grey]{status}[/]",
        "running" => $"[yellow]{status}[/]",
        "succeeded" => $"[green]{status}[/]",
        _ => $"[red]{Markup.Escape(status)}[/]",
    };
}
