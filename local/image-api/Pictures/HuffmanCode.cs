namespace Local.ImageApi.Pictures;

/// <summary>A prefix code of deflate for literals and match lengths.</summary>
/// <remarks>It is chosen by hand, not counted: pictures are drawn here, so what is frequent is known.</remarks>
internal sealed class HuffmanCode
{
    public const int EndOfBlock = 256;
    public const int LengthMax = 15;
    private const int SymbolsMax = 286;

    /// <summary>The order in which RFC 1951 sends the lengths of the code that the lengths are sent in.</summary>
    private static ReadOnlySpan<byte> LengthOrder => [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

    private readonly byte[] lengths = new byte[SymbolsMax];
    private readonly ushort[] codes = new ushort[SymbolsMax];

    /// <param name="frequent">Symbols with the length of their codes, in bits.</param>
    /// <remarks>All other literals and the end of the block share evenly what room is left, so that the code is complete.</remarks>
    public HuffmanCode(IEnumerable<(int Symbol, int Bits)> frequent)
    {
        foreach (var (symbol, bits) in frequent) lengths[symbol] = (byte)bits;
        ShareTheRest();
        AssignCodes();
    }

    public int Bits(int symbol) => lengths[symbol];

    /// <summary>The code itself, its first bit lowest.</summary>
    public int Of(int symbol) => codes[symbol];

    public void Write(BitWriter to, int symbol) => to.Write(codes[symbol], lengths[symbol]);

    /// <summary>Opens the one and last block of a stream; <paramref name="distanceSymbol"/> is the only distance, a single bit 0.</summary>
    public void WriteBlockHeader(BitWriter to, int distanceSymbol)
    {
        to.Write(0b101, 3); // last block, own codes
        to.Write(SymbolsMax - 257, 5);
        to.Write((ulong)distanceSymbol, 5);
        to.Write(19 - 4, 4);

        // The lengths 0 to 15 are sent in 4 bits each: sixteen codes of one length. No run lengths: it saves 100 bytes at most.
        foreach (var symbol in LengthOrder) to.Write(symbol < 16 ? 4ul : 0, 3);
        foreach (var length in lengths) to.Write(Reverse(length, 4), 4);
        for (var symbol = 0; symbol < distanceSymbol; symbol++) to.Write(0, 4);
        to.Write(Reverse(1, 4), 4);
    }

    private void ShareTheRest()
    {
        const int whole = 1 << LengthMax;
        var room = whole - lengths.Where(length => length > 0).Sum(length => whole >> length);
        var others = Enumerable.Range(0, EndOfBlock + 1).Where(symbol => lengths[symbol] == 0).ToList();
        var bits = 1;
        while ((room >> (LengthMax - bits)) < others.Count) bits++;
        var shorter = (room >> (LengthMax - bits)) - others.Count;
        for (var i = 0; i < others.Count; i++) lengths[others[i]] = (byte)(i < shorter ? bits - 1 : bits);
    }

    /// <summary>Canonical, as the format wants: by length, then by symbol; kept with the first bit lowest.</summary>
    private void AssignCodes()
    {
        var code = 0;
        for (var bits = 1; bits <= LengthMax; bits++)
        {
            for (var symbol = 0; symbol < SymbolsMax; symbol++)
            {
                if (lengths[symbol] == bits) codes[symbol] = (ushort)Reverse(code++, bits);
            }

            code <<= 1;
        }
    }

    private static ulong Reverse(int value, int bits)
    {
        var reversed = 0ul;
        for (var bit = 0; bit < bits; bit++) reversed |= (ulong)((value >> bit) & 1) << (bits - 1 - bit);
        return reversed;
    }
}
