using Spectre.Console;

namespace Local.Up;

/// <summary>Tables as this program draws them: no frame, a line below the headings, narrow enough for 80 columns.</summary>
internal static class Columns
{
    public static Table NewTable() => new Table().Border(TableBorder.Simple).BorderColor(Color.Grey);

    public static Table Left(this Table table, string heading) => table.AddColumn(Of(heading));

    public static Table Right(this Table table, string heading) => table.AddColumn(Of(heading).RightAligned());

    private static TableColumn Of(string heading) => new TableColumn($"[grey]{heading}[/]").Padding(0, 1).NoWrap();
}
