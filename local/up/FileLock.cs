namespace Local.Up;

/// <summary>A file that one process at a time holds; the system lets go of it when that process ends, however it ends.</summary>
/// <remarks>The file stays: taking away a file that somebody else is about to lock would give two the same lock.</remarks>
internal static class FileLock
{
    /// <summary>The lock until it is disposed, or null if another process has it.</summary>
    public static IDisposable? TryTake(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.Write, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>The lock, as soon as whoever has it lets go.</summary>
    public static async Task<IDisposable> Take(string path, CancellationToken cancel)
    {
        IDisposable? taken;
        while ((taken = TryTake(path)) is null) await Task.Delay(TimeSpan.FromMilliseconds(200), cancel);
        return taken;
    }
}
