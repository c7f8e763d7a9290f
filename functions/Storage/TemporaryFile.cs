namespace Pipeline.Storage;

/// <summary>Files for what is too large for memory and on its way elsewhere.</summary>
public static class TemporaryFile
{
    public const int BufferBytes = 128 * 1024;

    /// <summary>A file that nobody else sees and that is gone when it is closed: its length is known and it can be sent again.</summary>
    public static FileStream Create() => new(
        Path.Combine(Path.GetTempPath(), "pipeline-" + Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None,
        BufferBytes, FileOptions.Asynchronous | FileOptions.DeleteOnClose);
}
