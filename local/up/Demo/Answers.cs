namespace Local.Up.Demo;

// What the demo reads of the app's answers, field by field as the contract names them.

internal sealed record JobAnswer(
    string Id, string Status, string? CustomId, IReadOnlyList<ImageAnswer> Images, DateTimeOffset CreatedAt, DateTimeOffset? FinishedAt,
    JobErrorAnswer? Error)
{
    public bool IsOpen => Status is "queued" or "running";
}

internal sealed record ImageAnswer(int Index, string Status, string? ContentType, long? Bytes, int? Width, int? Height, string? Sha256);

internal sealed record JobErrorAnswer(string Code, string Detail);

internal sealed record ListAnswer<T>(IReadOnlyList<T> Data, string? NextCursor);

internal sealed record ManifestAnswer(string Id, string Status, string? ReportUrl);

internal sealed record ReportAnswer(string? Refusal, IReadOnlyList<ReportedJobAnswer> Jobs);

internal sealed record ReportedJobAnswer(string? CustomId, string Id);

internal sealed record CreditsAnswer(long Available, long Held, long Spent, long Granted);

internal sealed record EntryAnswer(
    long Version, string Kind, long Amount, string From, string To, string Reference, CreditsAnswer After);

internal sealed record VerificationAnswer(bool Ok, IReadOnlyList<CheckAnswer> Checks);

internal sealed record CheckAnswer(string Name, bool Ok, string Detail);
