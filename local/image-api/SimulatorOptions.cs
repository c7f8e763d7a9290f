namespace Local.ImageApi;

/// <summary>How the simulator behaves.</summary>
public sealed record SimulatorOptions
{
    /// <summary>The key of a simulator that was not told one.</summary>
    public const string DefaultKey = "sim-key";

    /// <summary>Slower than that nothing is simulated any more.</summary>
    internal const double LatencyMax = 100;

    /// <summary>Longer than any file of an image API.</summary>
    internal const long ImageBytesMax = 1L << 30;

    /// <summary>The port of 127.0.0.1 to listen on.</summary>
    /// <value>Default 7072. 0 takes a free one; <see cref="Simulator.Url"/> says which.</value>
    public int Port { get; init; } = 7072;

    /// <summary>The only key that is accepted, as <c>Authorization: Bearer KEY</c>.</summary>
    /// <value>Default <c>sim-key</c>.</value>
    public string Key { get; init; } = DefaultKey;

    /// <summary>Factor on the usual latency of a tier: 4 s for 512, 8 s for 1K, 15 s for 2K, 30 s for 4K, each ±10 %.</summary>
    /// <value>Default 1. From 0, which answers at once, to 100.</value>
    public double Latency { get; init; } = 1;

    /// <summary>Pictures of a few kB and still of the exact pixel size, instead of files as large as a real model's.</summary>
    /// <value>Default false.</value>
    public bool SmallImages { get; init; }

    /// <summary>Files of so many bytes each: a picture that would be smaller is filled up, which costs no drawing.</summary>
    /// <value>Default 0, as large as the picture is. At most 1 GiB.</value>
    public long ImageBytes { get; init; }

    /// <summary>The same request and seed give the same picture, latency and faults by chance.</summary>
    /// <value>Default 1.</value>
    public int Seed { get; init; } = 1;

    /// <summary>The clock that latency and <c>Retry-After</c> dates go by.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;
}
