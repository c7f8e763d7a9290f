using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Manifests.Reading;

/// <summary>Reads the jobs of a manifest's file one by one: with the defaults, a preset, and every combination of a matrix.</summary>
internal sealed class ReadManifestJobs(
    ManifestHead head, Catalogue catalogue, IReadOnlyList<Preset> presets, OutgoingOptions outgoing)
{
    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>Of the jobs so far, as they will be made: a matrix must not make terabytes of a small file.</summary>
    private long bytes;

    private int count;

    public static UnreadableFileException TooMany(long line) => new(
        line, "too_many_jobs",
        $"A manifest may have {ReadManifestFile.JobsMax:N0} jobs, each combination of a matrix counted: split it at line {line}.");

    /// <summary>The jobs that a piece of the file is, or why it is none.</summary>
    public IEnumerable<ManifestItem> Of(Piece piece, string pointer)
    {
        if (count == ReadManifestFile.JobsMax) return [Refused(TooMany(piece.Line))];
        if (piece.Json is not { } text) return [Invalid(piece, [new FieldError(pointer, "too_long", $"A job {Piece.TooLong}")])];
        if (Parse(text, pointer, out var job) is { } broken) return [Invalid(piece, [broken])];
        if (job.ValueKind != JsonValueKind.Object) return [Invalid(piece, new JsonFields(job, pointer).RefuseOthers())];
        var fields = FieldsOf(job, pointer, out var unknown);
        if (unknown is not null) return [Invalid(piece, [unknown])];
        var errors = new JsonFields(job, pointer);
        var matrix = JobMatrix.Read(fields, errors);
        if (errors.Errors.Count > 0) return [Invalid(piece, errors.Errors)];
        if (count + matrix.Count > ReadManifestFile.JobsMax) return [Refused(TooMany(piece.Line))];
        fields.Remove(JobMatrix.Field);
        return Combinations(piece, pointer, fields, matrix);
    }

    private IEnumerable<ManifestItem> Combinations(Piece piece, string pointer, Dictionary<string, JsonElement> fields, JobMatrix matrix)
    {
        for (var number = 0; number < matrix.Count; number++)
        {
            var json = JobJson.Of(fields, matrix.Combination(number));
            bytes += json.Text.Length;
            if (bytes > ReadManifestFile.BytesMax)
            {
                yield return Refused(new(
                    piece.Line, "too_large",
                    $"With the defaults, presets and every combination of each matrix, its jobs have more than "
                    + $"{ReadManifestFile.BytesMax >> 20} MiB: split it, and put images that many jobs share into POST /v1/references."));
                yield break;
            }

            var element = json.Element;
            var request = ReadJobRequest.From(element, pointer, catalogue, out var faults);
            if (request is not null) faults = ReadImageSource.InlineFaults(request, pointer);
            if (CheckJob.WebhookFault(request?.WebhookUrl, pointer, outgoing) is { } fault) faults = [.. faults, fault];
            yield return request is not null && faults.Count == 0
                ? new ManifestItem.Valid(piece.Line, count++, element, request, json.Hash)
                : Invalid(piece, faults);
        }
    }

    /// <summary>The job's own fields, the defaults for those that it leaves out, and its preset's for the rest.</summary>
    private Dictionary<string, JsonElement> FieldsOf(JsonElement job, string pointer, out FieldError? unknown)
    {
        unknown = null;
        if (head.Defaults is { } defaults) job = Preset.Merge(job, defaults);
        if (Presets.NameIn(job) is { } given)
        {
            var name = JsonFields.AsText(given);
            if (presets.FirstOrDefault(known => known.Name == name) is { } preset) job = preset.Under(job);
            else if (name is null) unknown = new(pointer + "/preset", "wrong_type", "'preset' must be a string.");
            else unknown = Presets.None(pointer + "/preset", name);
        }

        return job.EnumerateObject()
            .Where(field => field.Value.ValueKind != JsonValueKind.Null)
            .ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);
    }

    private static FieldError? Parse(ReadOnlyMemory<byte> json, string pointer, out JsonElement job)
    {
        job = default;
        if (JsonText.FaultOf(json.Span, values: true) is { } fault) return new FieldError(pointer, "wrong_encoding", $"The job {fault}.");
        try
        {
            job = JsonElement.Parse(json.Span, Strict);
            return null;
        }
        catch (JsonException e)
        {
            var twice = JsonText.NameThatIsThereTwice(json.Span);
            var detail = twice is null
                ? $"The line cannot be read as JSON from its byte {(e.BytePositionInLine ?? 0) + 1} on."
                : $"The job has the field '{JsonFields.Short(twice)}' twice.";
            return new FieldError(pointer, "invalid_json", detail);
        }
    }

    private ManifestItem.Invalid Invalid(Piece piece, IEnumerable<FieldError> faults) => new(
        piece.Line, count++, [.. faults.Select(fault => new ManifestError(piece.Line, fault.Pointer, fault.Code, fault.Detail))]);

    private static ManifestItem.Refused Refused(UnreadableFileException fault) => new(fault.Error);
}
