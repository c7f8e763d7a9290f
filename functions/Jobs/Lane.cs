using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>
/// One of four queues of jobs: 4K never blocks previews, the many jobs of a manifest never block single ones, and each lane scales by
/// itself.
/// </summary>
/// <param name="IsLarge">For 2K and 4K.</param>
/// <param name="IsBulk">For jobs of manifests.</param>
public readonly record struct Lane(bool IsLarge, bool IsBulk)
{
    public static readonly IReadOnlyList<Lane> All = [new(false, false), new(true, false), new(false, true), new(true, true)];

    public string Queue => (IsLarge, IsBulk) switch
    {
        (false, false) => StorageNames.StandardQueue,
        (true, false) => StorageNames.LargeQueue,
        (false, true) => StorageNames.BulkStandardQueue,
        (true, true) => StorageNames.BulkLargeQueue,
    };

    public static Lane Of(Job job) => new(job.Request.Model.IsLarge, job.Manifest is not null);
}

/// <summary>The lanes that have no message that waits for a worker, but perhaps some that are worked on or delayed.</summary>
public sealed record IdleLanes(IReadOnlyList<Lane> Lanes)
{
    public static readonly IdleLanes None = new([]);

    public bool All => Lanes.Count == Lane.All.Count;

    public bool Has(Job job) => Lanes.Contains(Lane.Of(job));
}
