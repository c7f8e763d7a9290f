using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Manifests.Reading;

/// <summary>Reads what a manifest says of itself, and checks the form of all of its file.</summary>
internal static class ReadManifestHead
{
    private const int NameLengthMax = 200;
    private const long MaxCreditsMax = 1_000_000_000_000;

    /// <summary>Fields that are looked at; a manifest has fewer, and one of more is wrong by the first few.</summary>
    private const int FieldsMax = 50;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>The fields may stand in front of the jobs or behind them.</summary>
    public static async Task<ManifestHead> OfJson(
        JsonPieces pieces, Catalogue catalogue, OutgoingOptions outgoing, CancellationToken cancel)
    {
        var fields = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        var lines = new Dictionary<string, long>(StringComparer.Ordinal);
        var errors = new List<ManifestError>();
        var jobs = 0;
        await foreach (var (field, line, json) in pieces.All(cancel))
        {
            if (field is null && ++jobs > ReadManifestFile.JobsMax) throw ReadManifestJobs.TooMany(line);
            if (field is null || fields.Count == FieldsMax) continue;
            var name = JsonFields.Short(field);
            if (json is not { } text)
                errors.Add(new(line, $"/{name}", "too_long", $"'{name}' {Piece.TooLong}"));
            else if (!fields.TryAdd(field, Parse(text, line, name)))
                errors.Add(new(line, $"/{name}", "invalid_json", $"'{name}' is there twice."));
            lines.TryAdd(field, line);
        }

        if (!pieces.HasJobs && !fields.ContainsKey(JsonPieces.Jobs))
            errors.Add(new(1, "/jobs", "required", "'jobs' is required: an array of jobs. If each line is a job, name the file .jsonl."));
        else if (!pieces.HasJobs)
            errors.Add(new(lines[JsonPieces.Jobs], "/jobs", "wrong_type", "'jobs' must be an array of jobs."));
        else if (jobs == 0)
            errors.Add(new(1, pieces.IsArray ? "" : "/jobs", "required", "The manifest has no jobs."));
        fields.Remove(JsonPieces.Jobs);
        var head = Read(JsonSerializer.SerializeToElement(fields, Json.Options), "", catalogue, outgoing, out var faults);
        errors.AddRange(faults.Select(fault => new ManifestError(
            lines.GetValueOrDefault(FirstOf(fault.Pointer), 1), fault.Pointer, fault.Code, fault.Detail)));
        return head with { Errors = errors };
    }

    /// <summary>The first line may be the head.</summary>
    public static async Task<ManifestHead> OfLines(
        FileWindow window, Catalogue catalogue, OutgoingOptions outgoing, CancellationToken cancel)
    {
        ManifestHead? head = null;
        var jobs = 0;
        await foreach (var piece in LinePieces.Of(window, cancel))
        {
            if (head is null && IsHead(piece))
            {
                head = OfLine(piece, catalogue, outgoing);
                continue;
            }

            if (head is null && piece.Json is { } first && first.Span is [(byte)'['] or [(byte)'{'])
                throw new UnreadableFileException(
                    piece.Line, "invalid_json", "The file is one JSON value over many lines, not a job a line: name it .json.");
            head ??= new ManifestHead();
            if (++jobs > ReadManifestFile.JobsMax) throw ReadManifestJobs.TooMany(piece.Line);
        }

        return jobs > 0 || head is { Errors.Count: > 0 }
            ? head!
            : new ManifestHead { Errors = [new(1, "", "required", "The manifest has no jobs.")] };
    }

    /// <summary>Whether a line begins as a head does. A broken one is none the less: its jobs must not run without it.</summary>
    public static bool IsHead(Piece line)
    {
        if (line.Json is not { } json || json.Span is not [(byte)'{', ..]) return false;
        var name = json.Span[1..].TrimStart(" \t"u8);
        return name.StartsWith("\"manifest\""u8);
    }

    private static ManifestHead OfLine(Piece line, Catalogue catalogue, OutgoingOptions outgoing)
    {
        var json = Parse(line.Json!.Value, line.Line, "manifest");
        if (json.GetPropertyCount() > 1)
            throw new UnreadableFileException(
                line.Line, "not_allowed", "A line with 'manifest' has nothing else: jobs follow, a line each.");
        var head = Read(json.GetProperty("manifest"), "/manifest", catalogue, outgoing, out var faults);
        return head with { Errors = [.. faults.Select(fault => new ManifestError(line.Line, fault.Pointer, fault.Code, fault.Detail))] };
    }

    private static ManifestHead Read(
        JsonElement json, string pointer, Catalogue catalogue, OutgoingOptions outgoing, out IReadOnlyList<FieldError> errors)
    {
        var fields = new JsonFields(json, pointer);
        var head = new ManifestHead
        {
            Name = fields.Text("name", NameLengthMax),
            Defaults = Defaults(fields, pointer, catalogue),
            OnInvalid = fields.OneOf<OnInvalid>("on_invalid") ?? OnInvalid.Skip,
            OnInsufficientCredits = fields.OneOf<OnInsufficientCredits>("on_insufficient_credits") ?? OnInsufficientCredits.Reject,
            MaxCredits = fields.Whole("max_credits", 1, MaxCreditsMax),
            WebhookUrl = ReadJobRequest.WebhookUrl(fields),
        };
        if (pointer.Length == 0) fields.Any(JsonPieces.Jobs);
        errors = fields.RefuseOthers();
        if (CheckJob.WebhookFault(head.WebhookUrl, pointer, outgoing) is { } fault) errors = [.. errors, fault];
        return head;
    }

    /// <summary>Checked as a preset is, but for texts with a placeholder: what those become is known with each job's matrix.</summary>
    private static JsonElement? Defaults(JsonFields fields, string pointer, Catalogue catalogue)
    {
        if (fields.Any("defaults") is not { } defaults) return null;
        if (defaults.ValueKind != JsonValueKind.Object)
        {
            fields.Refuse("defaults", "wrong_type", "'defaults' must be an object: fields of a job.");
            return null;
        }

        if (defaults.TryGetProperty(JobMatrix.Field, out _))
            fields.Refuse("defaults/matrix", "not_allowed", "'matrix' belongs into a job: in the defaults it would multiply all of them.");
        var known = defaults.EnumerateObject()
            .Where(field => field.Name is not ("preset" or JobMatrix.Field) && !JobMatrix.HasPlaceholder(field.Value))
            .ToDictionary(field => field.Name, field => field.Value, StringComparer.Ordinal);
        var request = ReadJobRequest.From(
            JsonSerializer.SerializeToElement(known, Json.Options), $"{pointer}/defaults", catalogue, promptRequired: false,
            out var faults);
        foreach (var fault in faults) fields.Refuse(fault.Pointer[(pointer.Length + 1)..], fault.Code, fault.Detail);
        if (request is not null && request.AllImages.Any(named => named.Image is ImageSource.Inline))
            fields.Refuse(
                "defaults", "not_allowed", "'defaults' hold no inline images: POST /v1/references stores one and gives its 'ref_…'.");
        return defaults;
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> json, long line, string name)
    {
        if (JsonText.FaultOf(json.Span, values: true) is { } fault)
            throw new UnreadableFileException(line, "wrong_encoding", $"'{name}' {fault}.");
        try
        {
            return JsonElement.Parse(json.Span, Strict);
        }
        catch (JsonException)
        {
            var twice = JsonText.NameThatIsThereTwice(json.Span);
            throw new UnreadableFileException(
                line, "invalid_json",
                twice is null ? $"The line with '{name}' is no JSON." : $"'{name}' has the field '{JsonFields.Short(twice)}' twice.");
        }
    }

    private static string FirstOf(string pointer) => pointer.Split('/') is [_, var first, ..] ? first : "";
}
