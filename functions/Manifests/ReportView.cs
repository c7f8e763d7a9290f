using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Pipeline.Manifests.Reading;

namespace Pipeline.Manifests;

/// <summary>A report as the API's document lists it; <see cref="ManifestReport"/> writes it, field by field.</summary>
public sealed record ReportView(
    [AllowedValues("manifest_report")] string Object,
    [Description("The manifest's id; null of a dry run.")] string? Manifest,
    string Name,
    [Description("In the container manifests; null of a dry run.")] string? File,
    [Description("Whether anything of it runs, or would.")] bool Accepted,
    [Description("Why nothing does; null if something does.")] string? RefusalCode,
    string? Refusal,
    ReportCounts Counts,
    ReportCredits Credits,
    [Description("What is asked of which model.")] IReadOnlyList<ManifestModel> Models,
    [Description("What to look at before it is paid for.")] IReadOnlyList<ManifestAdvice> Advice,
    IReadOnlyList<ManifestError> Errors,
    IReadOnlyList<ManifestDuplicate> Duplicates,
    [Description("Those that run, in their order.")] IReadOnlyList<ReportJob> Jobs);

public sealed record ReportCounts(
    [Description("All jobs of the file, each combination of a matrix counted.")] int Total,
    int Invalid,
    [Description("Valid, and do not run: they ran in an earlier version of the file, or there are too few credits.")] int Skipped,
    [Description("Run, or would.")] int Jobs);

public sealed record ReportCredits(long Price, long Available, [Description("Once the price is held.")] long AvailableAfter);

public sealed record ReportJob(int Index, long Line, string? CustomId, [Description("Null of a dry run.")] string? Id, long Credits);
