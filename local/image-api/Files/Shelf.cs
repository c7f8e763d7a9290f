using System.Collections.Concurrent;
using Local.ImageApi.Faults;
using Local.ImageApi.Pictures;

namespace Local.ImageApi.Files;

/// <summary>Pictures by the name in their URL: not their bytes, only what to draw.</summary>
internal sealed class Shelf
{
    /// <summary>About 15 MB at most. Whoever fetches at once never sees a URL lapse; a real provider's lapse too.</summary>
    private const int PicturesMax = 10_000;

    private readonly ConcurrentDictionary<string, Item> items = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<string> names = new();
    private long count;

    /// <summary>The picture's name, another one each time. With a fault it cannot be had under that name.</summary>
    public string Put(Picture picture, Fault? fault)
    {
        var name = $"{picture.Seed:x16}-{Interlocked.Increment(ref count)}.png";
        items[name] = new Item(picture, fault);
        names.Enqueue(name);
        if (names.Count > PicturesMax && names.TryDequeue(out var oldest)) items.TryRemove(oldest, out _);
        return name;
    }

    public Item? Find(string name) => items.GetValueOrDefault(name);

    internal sealed record Item(Picture Picture, Fault? Fault);
}
