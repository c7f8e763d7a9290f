using System.Buffers;

namespace Local.ImageApi.Pictures;

/// <summary>Dots of a colour; each becomes a square of pixels. 3 MB at most, borrowed.</summary>
internal sealed class Canvas(int width, int height) : IDisposable
{
    private readonly byte[] dots = ArrayPool<byte>.Shared.Rent(width * height * 3);

    public int Width => width;

    public int Height => height;

    public Span<byte> Row(int y) => dots.AsSpan(y * width * 3, width * 3);

    /// <summary>Fills what of the rectangle is on the canvas.</summary>
    public void Fill(int left, int top, int rectangleWidth, int rectangleHeight, Rgb colour)
    {
        var right = Math.Min(left + rectangleWidth, width);
        var bottom = Math.Min(top + rectangleHeight, height);
        for (var y = Math.Max(top, 0); y < bottom; y++)
        {
            var row = Row(y);
            for (var x = Math.Max(left, 0); x < right; x++) Set(row, x, colour);
        }
    }

    public static void Set(Span<byte> row, int x, Rgb colour)
    {
        row[x * 3] = colour.Red;
        row[(x * 3) + 1] = colour.Green;
        row[(x * 3) + 2] = colour.Blue;
    }

    /// <summary>Covers this share of a dot, from 0 to 1.</summary>
    public static void Blend(Span<byte> row, int x, Rgb colour, double share)
    {
        if (share <= 0) return;
        var under = new Rgb(row[x * 3], row[(x * 3) + 1], row[(x * 3) + 2]);
        Set(row, x, share >= 1 ? colour : under.Towards(colour, share));
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(dots);
}
