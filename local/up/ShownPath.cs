namespace Local.Up;

/// <summary>A path as a person would type it: from the current folder, if the file is below it.</summary>
internal static class ShownPath
{
    public static string Of(string path)
    {
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, path);
        return relative.StartsWith("..", StringComparison.Ordinal) ? path : relative;
    }
}
