using System.Diagnostics;
using System.Net.Sockets;

namespace Local.Up;

/// <summary>A running Azurite: blobs, queues and tables on 127.0.0.1, and the connection strings of its storage accounts.</summary>
/// <remarks>
/// Azurite runs under a one-line Node.js wrapper that ends when its standard input closes, so that it never outlives the
/// process that started it, not even one that was killed.
/// </remarks>
public sealed class Azurite : IAsyncDisposable
{
    /// <summary>The account that every Azure tool knows as the storage emulator's.</summary>
    public const string DefaultAccount = "devstoreaccount1";

    /// <summary>The emulator's published key; it protects nothing.</summary>
    public const string DefaultKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    private const string Wrapper =
        "process.stdin.resume();process.stdin.on('end',()=>process.exit(0));const m=process.argv[1];process.argv.splice(1,1,m);require(m)";

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Process process;

    private Azurite(Process process, int blobPort)
    {
        this.process = process;
        BlobPort = blobPort;
    }

    /// <summary>The blob port; queues are on the next one, tables on the one after.</summary>
    public int BlobPort { get; }

    /// <summary>The connection string of one of the accounts it was started with.</summary>
    public string ConnectionString(string account = DefaultAccount) =>
        $"DefaultEndpointsProtocol=http;AccountName={account};AccountKey={DefaultKey};"
        + $"BlobEndpoint=http://127.0.0.1:{BlobPort}/{account};"
        + $"QueueEndpoint=http://127.0.0.1:{BlobPort + 1}/{account};"
        + $"TableEndpoint=http://127.0.0.1:{BlobPort + 2}/{account};";

    /// <summary>Starts Azurite and waits until all three ports accept connections.</summary>
    /// <param name="modules">A <c>node_modules</c> folder that holds azurite; see <see cref="AzuriteInstall"/>.</param>
    /// <param name="blobPort">The first of three ports in a row, all free.</param>
    /// <param name="data">The folder that keeps the data, or null to keep it in memory only.</param>
    /// <param name="accounts">The names of its storage accounts, each with <see cref="DefaultKey"/>.</param>
    /// <param name="cancel">Gives up.</param>
    /// <exception cref="InvalidOperationException">It did not start; the message says what Azurite printed.</exception>
    public static async Task<Azurite> Start(
        string modules, int blobPort, string? data, IReadOnlyCollection<string> accounts, CancellationToken cancel)
    {
        var start = new ProcessStartInfo("node")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        string[] arguments =
        [
            "-e", Wrapper, Path.Combine(modules, "azurite", "dist", "src", "azurite.js"),
            "--blobHost", "127.0.0.1", "--blobPort", $"{blobPort}",
            "--queueHost", "127.0.0.1", "--queuePort", $"{blobPort + 1}",
            "--tableHost", "127.0.0.1", "--tablePort", $"{blobPort + 2}",
            "--skipApiVersionCheck", "--disableTelemetry", "--silent",
        ];
        foreach (var argument in arguments) start.ArgumentList.Add(argument);
        if (data is null)
        {
            start.ArgumentList.Add("--inMemoryPersistence");
        }
        else
        {
            start.ArgumentList.Add("--location");
            start.ArgumentList.Add(Directory.CreateDirectory(data).FullName);
        }

        start.Environment["AZURITE_ACCOUNTS"] = string.Join(';', accounts.Select(account => $"{account}:{DefaultKey}"));

        var printed = new PrintedLines();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => printed.Add(line.Data);
        process.ErrorDataReceived += (_, line) => printed.Add(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();

        var azurite = new Azurite(process, blobPort);
        try
        {
            await azurite.WaitUntilListening(printed, cancel);
            return azurite;
        }
        catch
        {
            await azurite.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops Azurite; it writes what it keeps, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
        {
            process.StandardInput.Close();
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                await process.WaitForExitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private async Task WaitUntilListening(PrintedLines printed, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartLimit);
        for (var port = BlobPort; port <= BlobPort + 2; port++)
        {
            while (!await Listens(port, limit.Token))
            {
                if (process.HasExited)
                    throw new InvalidOperationException($"Azurite ended with code {process.ExitCode}: {printed}");
                await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
            }
        }
    }

    private static async Task<bool> Listens(int port, CancellationToken cancel)
    {
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync("127.0.0.1", port, cancel);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
