using System.Text.RegularExpressions;

namespace Local.Up;

/// <summary>Writes all that the app prints into a file, and tells of its warnings and errors.</summary>
internal sealed partial class AppLog : IDisposable
{
    private readonly StreamWriter file;
    private readonly Action<string> tell;

    /// <param name="path">The file, written anew.</param>
    /// <param name="tell">Told each line with a warning or an error.</param>
    public AppLog(string path, Action<string> tell)
    {
        Path = path;
        this.tell = tell;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(path)!);
        file = new StreamWriter(path) { AutoFlush = true };
    }

    public string Path { get; }

    public void Add(string line)
    {
        file.WriteLine(line);
        if (TroubleLine().IsMatch(line)) tell(line);
    }

    public void Dispose() => file.Dispose();

    /// <summary>As the app's console logger writes them: <c>19:30:21.123 warn: Category[12] …</c>.</summary>
    [GeneratedRegex(@"^[\d:.]+ (warn|fail|crit): ")]
    private static partial Regex TroubleLine();
}
