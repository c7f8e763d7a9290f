using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>The answer to one action of a transaction.</summary>
internal sealed class PartResponse(
    int status, string reasonPhrase, List<KeyValuePair<string, string>> headers, ReadOnlyMemory<byte> body, string clientRequestId)
    : Response
{
    public override int Status => status;

    public override string ReasonPhrase => reasonPhrase;

    public override bool IsError => status >= 400;

    public override Stream? ContentStream { get; set; } = Readable(body);

    public override string ClientRequestId { get; set; } = clientRequestId;

    public override void Dispose()
    {
        // It holds nothing but memory.
    }

    protected override bool ContainsHeader(string name) => ValuesOf(name).Any();

    protected override IEnumerable<HttpHeader> EnumerateHeaders() => headers.Select(header => new HttpHeader(header.Key, header.Value));

    protected override bool TryGetHeader(string name, [NotNullWhen(true)] out string? value)
    {
        value = ContainsHeader(name) ? string.Join(',', ValuesOf(name)) : null;
        return value is not null;
    }

    protected override bool TryGetHeaderValues(string name, [NotNullWhen(true)] out IEnumerable<string>? values)
    {
        values = ContainsHeader(name) ? ValuesOf(name) : null;
        return values is not null;
    }

    private IEnumerable<string> ValuesOf(string name) =>
        headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(header => header.Value);

    /// <summary>The bytes as the publicly visible memory stream that <see cref="Response.Content"/> asks for, without a copy.</summary>
    private static MemoryStream Readable(ReadOnlyMemory<byte> body) => MemoryMarshal.TryGetArray(body, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false, publiclyVisible: true)
        : new MemoryStream(body.ToArray());
}
