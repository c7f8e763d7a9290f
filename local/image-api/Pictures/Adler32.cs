namespace Local.ImageApi.Pictures;

/// <summary>The checksum at the end of a zlib stream, over the bytes before compression.</summary>
internal struct Adler32
{
    private const uint Modulus = 65521;

    /// <summary>The most bytes before the sums could pass 32 bits.</summary>
    private const int BytesPerModulus = 5552;

    private uint sum = 1;
    private uint sumOfSums;

    public Adler32()
    {
    }

    public readonly uint Value => (sumOfSums << 16) | sum;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var part = bytes[..Math.Min(bytes.Length, BytesPerModulus)];
            uint a = sum, b = sumOfSums;
            foreach (var value in part)
            {
                a += value;
                b += a;
            }

            sum = a % Modulus;
            sumOfSums = b % Modulus;
            bytes = bytes[part.Length..];
        }
    }

    /// <summary>As many bytes of 0, in one step.</summary>
    public void AppendZeros(int count) => sumOfSums = (uint)((sumOfSums + ((ulong)sum * (uint)count)) % Modulus);
}
