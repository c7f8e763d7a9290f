using System.Reflection;

namespace Local.FunctionsWorker;

/// <summary>What a test may replace; the defaults are those of an app that runs by itself.</summary>
internal sealed record HostSetup
{
    /// <summary>Where <c>host.json</c> and <c>local.settings.json</c> lie.</summary>
    public string Directory { get; init; } = AppContext.BaseDirectory;

    /// <summary>Where the functions are.</summary>
    public Assembly? App { get; init; } = Assembly.GetEntryAssembly();

    /// <summary>The classes whose methods may be functions; null means all of the app.</summary>
    public IReadOnlyList<Type>? FunctionTypes { get; init; }

    /// <summary>Names this app in the names of leases and receipts; null means by its assembly.</summary>
    public string? Name { get; init; }

    public string AppName => Name ?? App?.GetName().Name ?? "app";

    /// <summary>Settings above all others.</summary>
    public IReadOnlyDictionary<string, string?> Settings { get; init; } = new Dictionary<string, string?>();

    public HostTimes Times { get; init; } = new();

    /// <summary>How many blobs a page of a listing may have; null means as many as the storage allows, 5,000.</summary>
    public int? BlobPageSize { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public TextWriter Output { get; init; } = Console.Out;

    /// <summary>Whether a refusal ends the process; else it is thrown.</summary>
    public bool ExitsOnRefusal { get; init; } = true;

    public IEnumerable<Type> TypesToScan =>
        FunctionTypes
        ?? App?.GetTypes()
        ?? throw new RefusedException("There is no assembly to find functions in.");
}

/// <summary>The durations that the real host has in code, not in <c>host.json</c>.</summary>
internal sealed record HostTimes
{
    /// <summary>How long a received message stays hidden. Whole seconds.</summary>
    public TimeSpan QueueLease { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How often the lease of a message in work is renewed.</summary>
    public TimeSpan QueueLeaseRenewal { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>The first wait after an empty queue.</summary>
    public TimeSpan QueuePollingMin { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>How often a container is listed.</summary>
    public TimeSpan BlobPolling { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a claim on a blob or a timer outlives its process. 15 to 60 s, the bounds of a blob lease.</summary>
    public TimeSpan BlobLease { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often such a claim is renewed, and how often another process tries to take it.</summary>
    public TimeSpan BlobLeaseRenewal { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How long work in flight may go on once the process is told to stop.</summary>
    public TimeSpan ShutdownGrace { get; init; } = TimeSpan.FromSeconds(10);
}
