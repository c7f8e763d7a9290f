using System.Diagnostics;
using System.Net.Sockets;

namespace Local.Up;

/// <summary>A running Azurite: blobs, queues and tables on 127.0.0.1, and the connection strings of its storage accounts.</summary>
/// <remarks>It stops by itself when the process that started it is gone, also if that was killed.</remarks>
public sealed class Azurite : IAsyncDisposable
{
    /// <summary>The account that every Azure tool knows as the storage emulator's.</summary>
    public const string DefaultAccount = "devstoreaccount1";

    /// <summary>The emulator's published key; it protects nothing.</summary>
    public const string DefaultKey = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";

    // Runs the program named in the first argument. It writes what it keeps and ends when its input closes. Ctrl+C in a terminal
    // reaches it too, but the app must still have storage while it stops, so that is left to whoever started both.
    private const string Wrapper = """
        const program = process.argv[1];
        process.argv.splice(1, 1, program);
        const once = process.once;
        process.once = (event, listener) => event === 'SIGINT' ? process : once.call(process, event, listener);
        process.on('SIGINT', () => {});
        const stop = () => {
            process.stdin.unref();
            setTimeout(() => process.exit(0), 3000).unref();
        };
        process.on('SIGTERM', stop);
        process.stdin.resume();
        process.stdin.on('end', () => { process.emit('message', 'shutdown'); stop(); });
        require(program);
        """;

    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    /// <summary>Above what it gives itself.</summary>
    private static readonly TimeSpan StopLimit = TimeSpan.FromSeconds(5);

    private readonly ChildProcess child;

    private Azurite(ChildProcess child, int blobPort)
    {
        this.child = child;
        BlobPort = blobPort;
    }

    /// <summary>The blob port; queues are on the next one, tables on the one after.</summary>
    public int BlobPort { get; }

    /// <summary>Its process id.</summary>
    public int Id => child.Id;

    /// <summary>Completes with its exit code when it has ended, for whatever reason.</summary>
    public Task<int> Ended => child.Ended;

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
    /// <param name="options">Further options of Azurite's command line.</param>
    /// <exception cref="CannotStartException">It did not start; the message says what Azurite printed.</exception>
    public static async Task<Azurite> Start(
        string modules, int blobPort, string? data, IReadOnlyCollection<string> accounts, CancellationToken cancel,
        params IReadOnlyCollection<string> options)
    {
        var start = new ProcessStartInfo("node",
        [
            "-e", Wrapper, Path.Combine(modules, "azurite", "dist", "src", "azurite.js"),
            "--blobHost", "127.0.0.1", "--blobPort", $"{blobPort}",
            "--queueHost", "127.0.0.1", "--queuePort", $"{blobPort + 1}",
            "--tableHost", "127.0.0.1", "--tablePort", $"{blobPort + 2}",
            "--skipApiVersionCheck", "--disableTelemetry", "--silent",
            .. options,
            // The two exclude each other.
            .. data is null ? (string[])["--inMemoryPersistence"] : ["--location", Directory.CreateDirectory(data).FullName],
        ]);
        start.Environment["AZURITE_ACCOUNTS"] = string.Join(';', accounts.Select(account => $"{account}:{DefaultKey}"));

        var child = ChildProcess.Start(start, onLine: null, "node was not found: install Node.js 20 or later and try again.");
        try
        {
            await WaitUntilItListens(child, blobPort, cancel);
            return new Azurite(child, blobPort);
        }
        catch
        {
            await child.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops it: it writes what it keeps, then ends.</summary>
    public async ValueTask DisposeAsync()
    {
        child.CloseInput();
        await child.EndWithin(StopLimit);
        await child.DisposeAsync();
    }

    private static async Task WaitUntilItListens(ChildProcess child, int blobPort, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(StartLimit);
        try
        {
            for (var port = blobPort; port <= blobPort + 2; port++)
            {
                while (!await Listens(port, limit.Token))
                {
                    if (child.Ended.IsCompleted)
                        throw new CannotStartException($"Azurite ended with code {await child.Ended}:{Environment.NewLine}{child.Printed}");
                    await Task.Delay(TimeSpan.FromMilliseconds(50), limit.Token);
                }
            }
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            throw new CannotStartException(
                $"Azurite did not listen within {StartLimit.TotalSeconds} s:{Environment.NewLine}{child.Printed}");
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
