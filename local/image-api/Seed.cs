using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Local.ImageApi;

/// <summary>A number that follows from words, the same on every machine.</summary>
internal static class Seed
{
    public static ulong Of(params IEnumerable<string> words)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var word in words)
        {
            hash.AppendData(Encoding.UTF8.GetBytes(word));
            hash.AppendData([0]); // So that ("ab", "c") is not ("a", "bc").
        }

        return BinaryPrimitives.ReadUInt64LittleEndian(hash.GetHashAndReset());
    }
}
