using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Local.ImageApi.Pictures;

/// <summary>The checksum at the end of a zlib stream, over the bytes before compression.</summary>
internal struct Adler32
{
    private const uint Modulus = 65521;

    private const int Group = 16;

    /// <summary>A column's sum of this many bytes still fits into 16 bits.</summary>
    private const int GroupsMax = 256;

    private uint sum = 1;
    private uint sumOfSums;

    public Adler32()
    {
    }

    public readonly uint Value => (sumOfSums << 16) | sum;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length >= Group)
        {
            var groups = MemoryMarshal.Cast<byte, Vector128<byte>>(bytes);
            groups = groups[..Math.Min(groups.Length, GroupsMax)];
            Append(groups);
            bytes = bytes[(groups.Length * Group)..];
        }

        foreach (var value in bytes)
        {
            sum = (sum + value) % Modulus;
            sumOfSums = (sumOfSums + sum) % Modulus;
        }
    }

    /// <summary>As many bytes of 0, in one step.</summary>
    public void AppendZeros(int count) => sumOfSums = (uint)((sumOfSums + ((ulong)sum * (uint)count)) % Modulus);

    /// <summary>
    /// Sixteen columns are summed side by side. A byte counts once for itself and once for each that follows: for those of the later
    /// groups, 16 for each group, and for those behind it in its own group, by its column.
    /// </summary>
    private void Append(ReadOnlySpan<Vector128<byte>> groups)
    {
        var columns = Vector256<ushort>.Zero;
        Vector256<uint> left = default, right = default;
        foreach (var group in groups)
        {
            var (earlierLeft, earlierRight) = Vector256.Widen(columns);
            left += earlierLeft;
            right += earlierRight;
            var (low, high) = Vector128.Widen(group);
            columns += Vector256.Create(low, high);
        }

        var earlier = (ulong)Vector256.Sum(left) + Vector256.Sum(right);
        ulong own = 0, all = 0;
        for (var column = 0; column < Group; column++)
        {
            all += columns[column];
            own += (ulong)(Group - column) * columns[column];
        }

        var bytes = (ulong)groups.Length * Group;
        sumOfSums = (uint)((sumOfSums + (bytes * sum) + (Group * earlier) + own) % Modulus);
        sum = (uint)((sum + all) % Modulus);
    }
}
