using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>Lists in pages, the same on every route: <c>limit</c> and <c>cursor</c> in, <c>data</c> and <c>next_cursor</c> out.</summary>
public static class Paging
{
    public const int LimitDefault = 20;
    public const int LimitMax = 100;

    /// <summary>Of the hash before a cursor's position: enough that no mistake passes; it keeps no secret.</summary>
    private const int HashBytes = 8;

    private static readonly FieldError WrongCursor =
        new("?cursor", "not_allowed", "'cursor' must be the 'next_cursor' of this list, as it was given in this account.");

    public static int Limit(QueryFields query) => (int)(query.Whole("limit", 1, LimitMax) ?? LimitDefault);

    /// <summary>The position in a cursor of <see cref="Cursor"/>; null if there is none, or with an error noted if it is wrong.</summary>
    /// <param name="query">The request's.</param>
    /// <param name="list">Which list of which account; a cursor of another one is refused.</param>
    public static string? Position(QueryFields query, string list)
    {
        if (query.Text("cursor") is not { } cursor) return null;
        if (Base64Url.IsValid(cursor) && Base64Url.DecodeFromChars(cursor) is { Length: > HashBytes } bytes
            && bytes.AsSpan(0, HashBytes).SequenceEqual(Hash(list, bytes.AsSpan(HashBytes))))
            return Encoding.UTF8.GetString(bytes.AsSpan(HashBytes));
        query.Refuse(WrongCursor);
        return null;
    }

    /// <summary>The answer to a cursor whose form is right and whose position storage does not know.</summary>
    public static Problem NoSuchPosition() => Problems.InvalidRequest([WrongCursor]);

    /// <summary>A position as callers hand it back: they cannot read it, and it opens nothing but the list that it is of.</summary>
    public static string? Cursor(string? position, string list)
    {
        if (position is null) return null;
        var bytes = Encoding.UTF8.GetBytes(position);
        return Base64Url.EncodeToString([.. Hash(list, bytes), .. bytes]);
    }

    public static IResult Answer<T>(IEnumerable<T> data, string? nextCursor) =>
        Results.Json(new ListView<T>("list", [.. data], nextCursor), Json.Options);

    private static ReadOnlySpan<byte> Hash(string list, ReadOnlySpan<byte> position) =>
        SHA256.HashData([.. Encoding.UTF8.GetBytes(list), 0, .. position]).AsSpan(0, HashBytes);
}
