using System.Globalization;
using Spectre.Console;

namespace Local.Up.Demo;

/// <summary>Shows what a demo leaves: the pictures, and the account's ledger.</summary>
internal static class ShowResults
{
    public static void Pictures(IReadOnlyList<SavedPicture> pictures, Screen screen)
    {
        screen.Heading($"{pictures.Count} pictures");
        var pathLength = pictures.Max(picture => ShownPath.Of(picture.Path).Length);
        foreach (var picture in pictures)
        {
            var size = $"{picture.Width} × {picture.Height}";
            screen.Line($"  {ShownPath.Of(picture.Path).PadRight(pathLength)}  {size,11}  {Number(picture.Bytes),12} bytes");
        }
    }

    public static void Ledger(IEnumerable<EntryAnswer> entries, CreditsAnswer credits, VerificationAnswer verification, Screen screen)
    {
        screen.Heading("Ledger");
        var table = Columns.NewTable().Right("#").Left("kind").Right("amount").Left("from → to").Left("for").Right("available");
        foreach (var entry in entries.OrderBy(entry => entry.Version))
        {
            table.AddRow(
                $"{entry.Version}", entry.Kind, Number(entry.Amount), $"{entry.From} → {entry.To}", Markup.Escape(entry.Reference),
                Number(entry.After.Available));
        }

        screen.Console.Write(table);
        var parts = $"{Number(credits.Available)} available + {Number(credits.Held)} held + {Number(credits.Spent)} spent";
        screen.Line($"  Balance: {Number(credits.Granted)} granted = {parts}");
        screen.Line($"  Verified from the first entry on: {(verification.Ok ? "ok" : "NOT OK")}");
    }

    private static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
