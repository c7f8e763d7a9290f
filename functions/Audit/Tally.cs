using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Pipeline.Audit;

/// <summary>
/// Tells in constant memory whether two streams say the same things, each as often as the other, in whatever order they come.
/// </summary>
/// <remarks>
/// What is said is hashed, and added on one side, subtracted on the other, modulo 2^128; what both say cancels out. The sums are kept in
/// buckets by hash, so that a second look at both streams must keep only what is said in buckets that do not come to nothing.
/// </remarks>
internal sealed class Tally
{
    private const int Buckets = 1024;

    private readonly UInt128[] sums = new UInt128[Buckets];

    public bool IsEven => Array.TrueForAll(sums, sum => sum == 0);

    /// <summary>The one side says it.</summary>
    public void Add(string said) => Count(said, 1);

    /// <summary>The other side says it.</summary>
    public void Take(string said) => Count(said, -1);

    /// <summary>Whether it may be said by one side only.</summary>
    public bool IsOdd(string said) => sums[Hash(said).Bucket] != 0;

    private void Count(string said, int sign)
    {
        var (bucket, value) = Hash(said);
        sums[bucket] = unchecked(sign > 0 ? sums[bucket] + value : sums[bucket] - value);
    }

    private static (int Bucket, UInt128 Value) Hash(string said)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(said), hash);
        return (BinaryPrimitives.ReadUInt16BigEndian(hash[16..]) % Buckets, BinaryPrimitives.ReadUInt128BigEndian(hash));
    }
}
