using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using Azure.Data.Tables;
using Pipeline.Storage;

namespace Pipeline.CopyTables;

/// <summary>
/// A folder with a file for each partition, <c>ledger/studio.jsonl.gz</c>, and a list of them that is written last: without it, the folder
/// is no backup.
/// </summary>
/// <param name="MadeAt">When its making began.</param>
/// <param name="Files">All files, those of books first.</param>
internal sealed record Backup(DateTimeOffset MadeAt, IReadOnlyList<Backup.File> Files)
{
    private const string ListName = "backup.json";

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    /// <summary>A partition.</summary>
    /// <param name="Name">Its path in the folder.</param>
    /// <param name="Table">Its table.</param>
    /// <param name="Partition">Its key.</param>
    /// <param name="Rows">How many.</param>
    /// <param name="Sha256">Of the file's bytes.</param>
    /// <param name="IsTorn">Whether it changed during each reading: its rows are of different moments and need not fit together.</param>
    public sealed record File(string Name, string Table, string Partition, long Rows, string Sha256, bool IsTorn)
    {
        /// <summary>Whoever changes the list may not have other files read, or other tables made.</summary>
        [JsonIgnore]
        public bool IsOurs => StorageNames.Tables.Contains(Table) && Partition is not null && Name == NameOf(Table, Partition);
    }

    /// <exception cref="CopyFailedException">It is no whole backup.</exception>
    public static Backup Open(string folder)
    {
        var path = Path.Combine(folder, ListName);
        if (!System.IO.File.Exists(path))
            throw new CopyFailedException($"{folder} has no {ListName}: it is no backup, or the export did not reach its end.");
        try
        {
            return JsonSerializer.Deserialize<Backup>(System.IO.File.ReadAllText(path), Json) is { Files: not null } backup
                && backup.Files.All(file => file is { IsOurs: true }) ? backup
                : throw new CopyFailedException($"{path} is not a list of partitions of {string.Join(", ", StorageNames.Tables)}.");
        }
        catch (JsonException e)
        {
            throw new CopyFailedException($"{path} is damaged: {e.Message}");
        }
    }

    /// <summary>Makes the folder: for its owner alone, for it will have hashes of keys and the secrets of webhooks.</summary>
    /// <exception cref="CopyFailedException">There is something in it already.</exception>
    public static void Begin(string folder)
    {
        if (Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any())
            throw new CopyFailedException($"{folder} is not empty: name a new folder.");
        Directory.CreateDirectory(folder);
        // Also one that was there, empty and open to all.
        if (!OperatingSystem.IsWindows())
            System.IO.File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>Where a partition's rows are.</summary>
    public static string NameOf(string table, string partition) => $"{table}/{Uri.EscapeDataString(partition)}.jsonl.gz";

    public void Save(string folder) =>
        System.IO.File.WriteAllText(Path.Combine(folder, ListName), JsonSerializer.Serialize(this, Json));

    /// <summary>Writes a partition's rows.</summary>
    /// <returns>How many, and the sum of the file.</returns>
    public static async Task<(long Rows, string Sha256)> Write(string path, IAsyncEnumerable<string> lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var rows = 0L;
        await using (var file = new StreamWriter(new GZipStream(System.IO.File.Create(path), CompressionLevel.Optimal)))
        {
            await foreach (var line in lines)
            {
                await file.WriteAsync(line + '\n');
                rows++;
            }
        }

        return (rows, await Sum(path));
    }

    /// <exception cref="CopyFailedException">The file is not the one that was written.</exception>
    public static async Task Check(string folder, File file)
    {
        var path = Path.Combine(folder, file.Name);
        if (!System.IO.File.Exists(path)) throw new CopyFailedException($"{path} is missing.");
        if (await Sum(path) != file.Sha256) throw new CopyFailedException($"{path} is not what was written: its SHA-256 differs.");
    }

    /// <summary>Reads a partition's rows, and the lines that they are.</summary>
    /// <exception cref="FormatException">Its sum is right, and yet it is no file of this partition's rows.</exception>
    public static async IAsyncEnumerable<(TableEntity Row, string Line)> Read(string folder, File file)
    {
        using var lines = new StreamReader(
            new GZipStream(System.IO.File.OpenRead(Path.Combine(folder, file.Name)), CompressionMode.Decompress));
        while (await Next() is { } line)
        {
            var row = RowLine.Read(line);
            yield return row.PartitionKey == file.Partition ? (row, line)
                : throw new FormatException($"{file.Name} has a row of {row.PartitionKey}.");
        }

        async Task<string?> Next()
        {
            try
            {
                return await lines.ReadLineAsync();
            }
            catch (InvalidDataException e)
            {
                throw new FormatException($"{file.Name} is damaged: {e.Message}");
            }
        }
    }

    private static async Task<string> Sum(string path)
    {
        await using var file = System.IO.File.OpenRead(path);
        return Convert.ToHexStringLower(await SHA256.HashDataAsync(file));
    }
}
