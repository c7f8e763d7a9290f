using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Pipeline.Images;

namespace Pipeline.References;

/// <summary>
/// The image in a data URI, decoded piece by piece out of the JSON that it came in: neither its text nor its bytes are copied whole,
/// unless the JSON has escapes in it.
/// </summary>
public sealed class InlineImage : IDisposable
{
    /// <summary>What the contract allows inline; larger ones are uploaded.</summary>
    public const int BytesMax = 7 << 20;

    public const string Form = "'data:image/…;base64,…'";

    /// <summary>Longer than any type with its parameters.</summary>
    private const int HeaderLengthMax = 200;

    private readonly JsonElement text;
    private byte[]? unescaped;
    private int unescapedLength;
    private int at;

    /// <param name="text">A JSON string that should be a data URI; it must live as long as this.</param>
    public InlineImage(JsonElement text)
    {
        this.text = text;
        if (JsonMarshal.GetRawUtf8Value(text).Contains((byte)'\\')) Unescape();
    }

    private ReadOnlySpan<byte> Characters => unescaped is null
        ? JsonMarshal.GetRawUtf8Value(text)[1..^1]
        : unescaped.AsSpan(0, unescapedLength);

    /// <summary>Decodes and stores it in a temporary file.</summary>
    public async Task<SpoolOutcome> Spool(CancellationToken cancel) =>
        SkipHeader() ? await SpooledImage.From(Receive, BytesMax, cancel) : new SpoolOutcome.NotAnImage(0);

    public void Dispose()
    {
        if (unescaped is not null) ArrayPool<byte>.Shared.Return(unescaped);
        unescaped = null;
    }

    /// <summary>What is wrong with a data URI, found without a file, as the rest of a sentence; null if nothing is.</summary>
    public static string? FaultOf(JsonElement text)
    {
        using var image = new InlineImage(text);
        if (!image.SkipHeader()) return FaultOf(new SpoolOutcome.NotAnImage(0));
        var bytes = ArrayPool<byte>.Shared.Rent(BytesMax + 1);
        try
        {
            var status = Base64.DecodeFromUtf8(image.Characters[image.at..], bytes.AsSpan(0, BytesMax + 1), out _, out var length);
            if (length > BytesMax) return FaultOf(new SpoolOutcome.TooLarge());
            if (status != OperationStatus.Done) return FaultOf(new SpoolOutcome.BrokeOff());
            var decoded = bytes.AsSpan(0, length);
            if (ImageHeader.Read(decoded[..Math.Min(length, ImageHeader.BytesMax)]) is not { } header)
                return FaultOf(new SpoolOutcome.NotAnImage(length));
            var trailer = decoded[^Math.Min(length, ImageHeader.TrailerBytes)..];
            return header.IsWhole(decoded, trailer, length) ? null : FaultOf(new SpoolOutcome.Truncated(header.ContentType, length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(bytes);
        }
    }

    /// <summary>What is wrong with an inline image that could not be spooled, as the rest of a sentence.</summary>
    public static string FaultOf(SpoolOutcome outcome) => outcome switch
    {
        SpoolOutcome.TooLarge =>
            $"has more than {BytesMax:N0} bytes: send it to POST /v1/references, which takes {UploadReference.BytesMax:N0}, and name it.",
        SpoolOutcome.NotAnImage { Bytes: 0 } => $"must be {Form} with the bytes of a PNG, JPEG or WebP file.",
        SpoolOutcome.NotAnImage none => $"is no PNG, JPEG or WebP file; it has {none.Bytes:N0} bytes.",
        SpoolOutcome.Truncated part => $"is only the beginning of its {part.ContentType}: it ends after {part.Bytes:N0} bytes.",
        _ => "is not base64.",
    };

    /// <summary>What stands for a data URI where it would be megabytes: how it begins, and how long it is.</summary>
    public static string ShortOf(JsonElement text)
    {
        using var image = new InlineImage(text);
        var characters = image.Characters;
        var start = characters[..Math.Min(characters.Length, HeaderLengthMax)];
        var header = Encoding.UTF8.GetString(start[..(start.IndexOf((byte)',') + 1)]);
        return string.Create(CultureInfo.InvariantCulture, $"{header}… ({characters.Length:N0} characters)");
    }

    /// <summary>Passes over <c>data:image/…;base64,</c>; what type it names is not asked, the bytes tell.</summary>
    private bool SkipHeader()
    {
        var characters = Characters;
        var comma = characters[..Math.Min(characters.Length, HeaderLengthMax)].IndexOf((byte)',');
        if (comma < 0) return false;
        var header = Encoding.UTF8.GetString(characters[..comma]);
        at = comma + 1;
        return header.StartsWith("data:image/", StringComparison.OrdinalIgnoreCase)
            && header.EndsWith(";base64", StringComparison.OrdinalIgnoreCase);
    }

    private ValueTask<int> Receive(Memory<byte> buffer, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        var rest = Characters[at..];
        var status = Base64.DecodeFromUtf8(rest, buffer.Span, out var read, out var written);
        if (status is not (OperationStatus.Done or OperationStatus.DestinationTooSmall))
            return ValueTask.FromException<int>(new IOException("Not base64."));
        at += read;
        return ValueTask.FromResult(written);
    }

    // PHP escapes every slash and .NET every plus, so this is not rare.
    private void Unescape()
    {
        var raw = JsonMarshal.GetRawUtf8Value(text);
        unescaped = ArrayPool<byte>.Shared.Rent(raw.Length);
        var reader = new Utf8JsonReader(raw);
        reader.Read();
        try
        {
            unescapedLength = reader.CopyString(unescaped);
        }
        // Half a surrogate pair is valid JSON, but no text: nothing is left of it, and so no image.
        catch (InvalidOperationException)
        {
            unescapedLength = 0;
        }
    }
}
