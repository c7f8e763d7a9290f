using System.Runtime.CompilerServices;
using System.Text.Json;

namespace Pipeline.Manifests.Reading;

/// <summary>The pieces, in their order, of a file that is one JSON value: an object with <c>jobs</c>, or an array of jobs.</summary>
internal sealed class JsonPieces(FileWindow window)
{
    public const string Jobs = "jobs";

    private JsonReaderState state;

    /// <summary>How much of the window the JSON reader has passed.</summary>
    private int passed;

    /// <summary>The depth at which jobs are, while there are more of them.</summary>
    private int? jobsDepth;

    /// <summary>The field whose value is being read.</summary>
    private string? field;

    /// <summary>The piece that is being read.</summary>
    private Begun? begun;

    private bool isOver;

    /// <summary>Whether the jobs are a bare array, without an object around it.</summary>
    public bool IsArray { get; private set; }

    /// <summary>Whether there was an array of jobs.</summary>
    public bool HasJobs { get; private set; }

    /// <exception cref="UnreadableFileException">It is no JSON from here on.</exception>
    public async IAsyncEnumerable<Piece> All([EnumeratorCancellation] CancellationToken cancel)
    {
        while (true)
        {
            while (Next() is { } piece)
            {
                yield return piece;
                Move(passed);
            }

            if (window.IsLast) yield break;
            Forget();
            await window.More(cancel);
        }
    }

    /// <summary>The next piece of which the window has all, or null.</summary>
    private Piece? Next()
    {
        var reader = new Utf8JsonReader(window.Rest[passed..], window.IsLast, state);
        var from = passed;
        try
        {
            while (reader.Read())
            {
                if (begun is null && !Begin(ref reader, from)) continue;
                if (reader.CurrentDepth != begun!.Depth) continue;
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray) continue;
                (state, passed) = (reader.CurrentState, from + (int)reader.BytesConsumed);
                return End(begun);
            }
        }
        catch (JsonException e)
        {
            throw Broken(e, reader.CurrentDepth, from + (int)reader.BytesConsumed);
        }
        catch (InvalidOperationException)
        {
            throw new UnreadableFileException(
                window.LineOf(from + (int)reader.TokenStartIndex), "wrong_encoding",
                "The name of a field is not encoded in UTF-8, or has half a surrogate pair in it.");
        }

        (state, passed) = (reader.CurrentState, from + (int)reader.BytesConsumed);
        return null;
    }

    /// <summary>Looks at a token that is in no piece.</summary>
    /// <returns>Whether a piece begins with it.</returns>
    private bool Begin(ref Utf8JsonReader reader, int from)
    {
        var start = from + (int)reader.TokenStartIndex;
        switch (reader.TokenType)
        {
            case JsonTokenType.PropertyName:
                field = reader.GetString();
                return false;
            case JsonTokenType.EndArray or JsonTokenType.EndObject:
                isOver = reader.CurrentDepth == 0;
                jobsDepth = null;
                return false;
            case JsonTokenType.StartObject when reader.CurrentDepth == 0:
                return false;
            case JsonTokenType.StartArray when reader.CurrentDepth == 0 || (reader.CurrentDepth == 1 && jobsDepth is null && field == Jobs):
                if (HasJobs) throw new UnreadableFileException(window.LineOf(start), "invalid_json", "The file has 'jobs' twice.");
                (HasJobs, IsArray, jobsDepth) = (true, reader.CurrentDepth == 0, reader.CurrentDepth + 1);
                return false;
            case var _ when reader.CurrentDepth == 0:
                throw new UnreadableFileException(
                    window.LineOf(start), "wrong_type", "The file must be a JSON object with 'jobs', or an array of jobs.");
            default:
                begun = new Begun(reader.CurrentDepth, start, window.LineOf(start), IsTooLong: false);
                return true;
        }
    }

    private Piece End(Begun piece)
    {
        begun = null;
        var length = passed - piece.Start;
        var isTooLong = piece.IsTooLong || length > ReadManifestFile.JobBytesMax;
        // Not with one conditional operator: its null would become an empty memory.
        ReadOnlyMemory<byte>? json = null;
        if (!isTooLong) json = window.Part(piece.Start, length);
        return new Piece(jobsDepth is null ? field : null, piece.Line, json);
    }

    /// <summary>Keeps of the window only what is still to be read, and the piece that has begun.</summary>
    private void Forget()
    {
        Move(begun is { IsTooLong: false } ? begun.Start : passed);
        if (begun is { IsTooLong: false } && window.Rest.Length > ReadManifestFile.JobBytesMax)
        {
            begun = begun with { IsTooLong = true };
            Move(passed);
        }

        if (window.Rest.Length - passed > ReadManifestFile.JobBytesMax)
            throw new UnreadableFileException(
                window.LineOf(passed), "too_long",
                $"A single text {Piece.TooLong}");
    }

    private void Move(int count)
    {
        window.Move(count);
        passed -= count;
        if (begun is not null) begun = begun with { Start = Math.Max(0, begun.Start - count) };
    }

    private UnreadableFileException Broken(JsonException e, int depth, int at)
    {
        var (line, column) = ((e.LineNumber ?? 0) + 1, (e.BytePositionInLine ?? 0) + 1);
        var isTooDeep = depth == state.Options.MaxDepth - 1 && window.Rest[at..] is [(byte)'[' or (byte)'{', ..];
        return isOver
                ? new(line, "invalid_json", $"More follows the end of its JSON in line {line}. If each line is a job, name it .jsonl.")
            : isTooDeep
                ? new(line, "invalid_json", $"Line {line} is nested deeper than {state.Options.MaxDepth} levels.")
            : IsPrefix()
                ? new(line, "invalid_json", $"The file ends in line {line} before its JSON does: it was cut off, or a bracket is missing.")
            : new(line, "invalid_json", $"The file cannot be read as JSON from line {line}, byte {column} of it on.");
    }

    /// <summary>Whether only more is missing.</summary>
    private bool IsPrefix()
    {
        var reader = new Utf8JsonReader(window.Rest[passed..], isFinalBlock: false, state);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <param name="Depth">Its first token's.</param>
    /// <param name="Start">Where it begins in the window.</param>
    /// <param name="Line">Where it begins in the file.</param>
    /// <param name="IsTooLong">Whether its beginning is forgotten.</param>
    private sealed record Begun(int Depth, int Start, long Line, bool IsTooLong);
}
