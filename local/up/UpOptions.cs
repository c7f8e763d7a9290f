namespace Local.Up;

/// <summary>What was asked for on the command line; null is for what was left to us.</summary>
internal sealed record UpOptions
{
    public const int PortDefault = 7071;
    public const int ImageApiPortDefault = 7072;
    public const int StoragePortDefault = 10000;

    /// <summary>Where a demo leaves its pictures, and nothing else is left.</summary>
    public static readonly string DemoFolder = Checkout.PathTo(".local", "demo");

    /// <summary>Azurite has one for blobs, one for queues, one for tables.</summary>
    public const int StoragePorts = 3;

    public const double LatencyMax = 100;

    /// <summary>Short enough to watch, long enough to see that 4K takes its time.</summary>
    private const double DemoLatency = 0.2;

    /// <summary>The app's; 0 is any free one.</summary>
    public int? Port { get; init; }

    /// <summary>The simulator's; 0 is any free one.</summary>
    public int? ImageApiPort { get; init; }

    /// <summary>An image API to use instead of the simulator.</summary>
    public Uri? ImageApi { get; init; }

    /// <summary>Azurite's first of three; 0 is any that are free.</summary>
    public int? StoragePort { get; init; }

    /// <summary>The folder of Azurite's data.</summary>
    public string? Data { get; init; }

    public bool Memory { get; init; }

    public double? Latency { get; init; }

    public bool SmallImages { get; init; }

    public bool Json { get; init; }

    public bool Demo { get; init; }

    /// <summary>The ports to listen on; a null is any free one. The first command of the README must not fail over a port.</summary>
    public int? AppPort => Chosen(Port, PortDefault);

    public int? SimulatorPort => Chosen(ImageApiPort, ImageApiPortDefault);

    public int? BlobPort => Chosen(StoragePort, StoragePortDefault);

    /// <summary>Where Azurite keeps its data, or null for nowhere. A demo starts from nothing and shows the same each time.</summary>
    public string? DataFolder => Memory || Demo ? null : Path.GetFullPath(Data ?? Checkout.PathTo(".local", "azurite"));

    /// <summary>What the app prints goes there; several may run side by side, but never on one port.</summary>
    public string LogFile(int appPort) =>
        Demo ? Path.Combine(DemoFolder, "app.log") : Checkout.PathTo(".local", $"app-{appPort}.log");

    public double LatencyFactor => Latency ?? (Demo ? DemoLatency : 1);

    private int? Chosen(int? given, int usual) => given switch
    {
        0 => null,
        null => Demo ? null : usual,
        _ => given,
    };
}
