using System.Diagnostics.CodeAnalysis;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>A job's id: <c>job_</c>, 10 digits of time in milliseconds and 16 more, in Crockford's Base32. Later ids sort later.</summary>
public readonly record struct JobId
{
    private const string Start = "job_";
    private const int TimeDigits = 10;
    private const int OtherDigits = 16;

    /// <summary>Digits of a manifest's jobs that count them: 32^5 is far above the largest manifest.</summary>
    private const int IndexDigits = 5;

    private JobId(string value) => Value = value;

    public string Value { get; }

    /// <summary>The row's key in the ledger: the newest job sorts first.</summary>
    public string RowKey => LedgerKeys.Job(Base32.Reverse(Value[Start.Length..]));

    /// <summary>
    /// The key behind those of all jobs of this time and later, and before those of all earlier ones, to the millisecond.
    /// </summary>
    public static string RowKeyBehind(DateTimeOffset time)
    {
        var milliseconds = Math.Max(0, time.ToUnixTimeMilliseconds() + (time.Ticks % TimeSpan.TicksPerMillisecond == 0 ? 0 : 1));
        return LedgerKeys.Job(Base32.Reverse(Base32.Encode((ulong)milliseconds, TimeDigits)) + '~');
    }

    /// <summary>The id of the job with this row key.</summary>
    /// <exception cref="FormatException">It is no job's key: the stored data is damaged.</exception>
    public static JobId OfRow(string rowKey) => Parse(Start + Base32.Reverse(LedgerKeys.JobDigits(rowKey)));

    /// <summary>A new one; 80 random bits, so that it cannot be guessed.</summary>
    public static JobId New(DateTimeOffset now) => new(Start + Time(now) + Base32.Random(OtherDigits));

    /// <summary>The id of a manifest's job, the same at every try; a manifest's ids lie side by side.</summary>
    /// <param name="createdAt">When the manifest was accepted.</param>
    /// <param name="seed">At least 11 digits of Base32 that are the manifest's own.</param>
    /// <param name="index">Which of its jobs, from 0.</param>
    public static JobId OfManifest(DateTimeOffset createdAt, string seed, int index) =>
        new(Start + Time(createdAt) + seed[..(OtherDigits - IndexDigits)] + Base32.Encode((ulong)index, IndexDigits));

    /// <summary>Which of its manifest's jobs it is, from 0; of a job of no manifest a number without meaning.</summary>
    public int Place => (int)Base32.Decode(Value.AsSpan(Value.Length - IndexDigits));

    public static bool TryParse([NotNullWhen(true)] string? text, out JobId id)
    {
        var valid = text is not null
            && text.Length == Start.Length + TimeDigits + OtherDigits
            && text.StartsWith(Start, StringComparison.Ordinal)
            && Base32.IsValid(text.AsSpan(Start.Length));
        id = valid ? new JobId(text!) : default;
        return valid;
    }

    /// <summary>Reads an id that this app wrote.</summary>
    /// <exception cref="FormatException">It is not one: the stored data is damaged.</exception>
    public static JobId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is no job id.");

    public override string ToString() => Value;

    private static string Time(DateTimeOffset time) => Base32.Encode((ulong)time.ToUnixTimeMilliseconds(), TimeDigits);
}
