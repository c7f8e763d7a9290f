using System.Buffers;
using System.Security.Cryptography;

namespace Pipeline.Storage;

/// <summary>Crockford's Base32 in lower case: sorts like the numbers it stands for, and nobody mistakes a letter for a digit.</summary>
/// <remarks>Alphabet after https://www.crockford.com/base32.html.</remarks>
public static class Base32
{
    private const string Alphabet = "0123456789abcdefghjkmnpqrstvwxyz";

    private static readonly SearchValues<char> Digits = SearchValues.Create(Alphabet);

    /// <summary>The lowest <paramref name="length"/> × 5 bits of a number, most significant digit first.</summary>
    public static string Encode(ulong number, int length) => string.Create(length, number, static (digits, rest) =>
    {
        for (var i = digits.Length - 1; i >= 0; i--)
        {
            digits[i] = Alphabet[(int)(rest & 31)];
            rest >>= 5;
        }
    });

    /// <summary>The number that digits stand for; at most 12 of them.</summary>
    public static ulong Decode(ReadOnlySpan<char> digits)
    {
        var number = 0UL;
        foreach (var digit in digits) number = (number << 5) | (uint)Alphabet.IndexOf(digit, StringComparison.Ordinal);
        return number;
    }

    /// <summary>
    /// The first <paramref name="length"/> digits of bytes, 5 bits of a byte each: for hashes, which have bytes to spare.
    /// </summary>
    public static string Encode(ReadOnlySpan<byte> bytes, int length)
    {
        Span<char> digits = stackalloc char[length];
        for (var i = 0; i < length; i++) digits[i] = Alphabet[bytes[i] & 31];
        return new string(digits);
    }

    /// <summary>As many random digits, from the system's secure source.</summary>
    public static string Random(int length) => Encode(RandomNumberGenerator.GetBytes(length), length);

    /// <summary>The text whose order is the reverse: the greatest first. Its own inverse.</summary>
    public static string Reverse(string digits) => string.Create(digits.Length, digits, static (reversed, digits) =>
    {
        for (var i = 0; i < digits.Length; i++) reversed[i] = Alphabet[31 - Alphabet.IndexOf(digits[i], StringComparison.Ordinal)];
    });

    /// <summary>Whether every character is a digit of the alphabet.</summary>
    public static bool IsValid(ReadOnlySpan<char> text) => !text.ContainsAnyExcept(Digits);
}
