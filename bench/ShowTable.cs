using System.Globalization;
using Spectre.Console;

namespace Pipeline.Bench;

/// <summary>Prints what was measured; the ratios are to the first row, of the same run.</summary>
internal static class ShowTable
{
    public static void Of(IReadOnlyList<Page> pages, int jobs, int rounds)
    {
        var table = new Table().Border(TableBorder.Markdown)
            .AddColumns("request", "rows", "storage requests", "p50 ms", "p95 ms", "p50 : first row");
        foreach (var column in table.Columns.Skip(1)) column.RightAligned();
        foreach (var page in pages)
        {
            table.AddRow(
                page.Name, Text($"{page.Rows}"), Text($"{page.StorageRequests:0.00}"), Text($"{Quantile(page, 0.5):0.0}"),
                Text($"{Quantile(page, 0.95):0.0}"), Text($"{Quantile(page, 0.5) / Quantile(pages[0], 0.5):0.0}"));
        }

        AnsiConsole.Profile.Width = 120;
        Console.WriteLine(Text($"{jobs:N0} jobs in one account, {rounds} rounds, {Environment.ProcessorCount} cores:"));
        AnsiConsole.Write(table);
    }

    private static double Quantile(Page page, double share)
    {
        var sorted = page.Times.Order().ToList();
        return sorted[(int)(share * (sorted.Count - 1))].TotalMilliseconds;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
