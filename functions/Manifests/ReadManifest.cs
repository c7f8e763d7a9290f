using System.Globalization;
using System.Text.Json;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Manifests;

/// <summary>What a manifest's file asks for.</summary>
/// <param name="Name">The name it gives itself, or null.</param>
/// <param name="Jobs">The valid jobs, in order.</param>
/// <param name="Errors">What is wrong with the others, or with the file.</param>
/// <param name="Invalid">How many jobs are not valid.</param>
/// <param name="IsReadable">Whether the file as a whole could be understood; if not, none of its jobs may run.</param>
public sealed record ManifestPlan(
    string? Name, IReadOnlyList<PlannedJob> Jobs, IReadOnlyList<ManifestError> Errors, int Invalid, bool IsReadable)
{
    /// <summary>What all valid jobs cost together, in credits.</summary>
    public long Price => Jobs.Sum(job => JobPrice.Of(job.Request.Model, job.Request.Num).Credits);
}

/// <param name="Line">Where the job begins in the file, from 1.</param>
/// <param name="Index">Which job of the file it is, from 0, counting invalid ones.</param>
/// <param name="Request">What it asks for.</param>
public sealed record PlannedJob(int Line, int Index, JobRequest Request);

/// <param name="Line">Where it is in the file, from 1.</param>
/// <param name="Pointer">The JSON pointer of what is wrong.</param>
/// <param name="Code">As in a problem's errors.</param>
/// <param name="Detail">What was given and what is expected.</param>
public sealed record ManifestError(long Line, string Pointer, string Code, string Detail);

/// <summary>Reads a manifest: <c>{ "name": …, "jobs": [ … ] }</c>, or just the array. Every job is checked by itself.</summary>
public static class ReadManifest
{
    /// <summary>A file of this size is held in memory while it is read.</summary>
    public const int BytesMax = 8 << 20;

    public const int JobsMax = 1000;

    private const int NameLengthMax = 200;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <param name="file">Its bytes.</param>
    /// <param name="catalogue">The models and ratios there are.</param>
    /// <param name="presets">The presets that its jobs may name.</param>
    public static ManifestPlan From(ReadOnlySpan<byte> file, Catalogue catalogue, IReadOnlyList<Preset> presets)
    {
        var plan = new Plan(catalogue, presets);
        file = file[JsonText.MarkLength(file)..];
        if (JsonText.FaultOf(file) is { } fault)
        {
            plan.RefuseFile(1, "", "invalid_json", $"The file {fault}.");
            return plan.Finish();
        }

        var reader = new Utf8JsonReader(file);
        try
        {
            reader.Read();
            if (reader.TokenType == JsonTokenType.StartArray) plan.ReadJobs(ref reader, file, "");
            else if (reader.TokenType == JsonTokenType.StartObject) plan.ReadObject(ref reader, file);
            else plan.RefuseFile(1, "", "wrong_type", "The file must be a JSON object with 'jobs', or an array of jobs.");
            // What follows the end of the value is an error, too.
            while (reader.Read())
            {
            }
        }
        catch (JsonException e)
        {
            plan.RefuseFile((e.LineNumber ?? 0) + 1, "", "invalid_json",
                $"The file cannot be read as JSON from line {(e.LineNumber ?? 0) + 1}, byte {(e.BytePositionInLine ?? 0) + 1} of it on.");
        }

        return plan.Finish();
    }

    private sealed class Plan(Catalogue catalogue, IReadOnlyList<Preset> presets)
    {
        private readonly List<PlannedJob> jobs = [];
        private readonly List<ManifestError> errors = [];
        private string? name;
        private int count;
        private int invalid;
        private bool readable = true;
        private bool hasJobs;
        private int line = 1;
        private int counted;

        public void RefuseFile(long line, string pointer, string code, string detail)
        {
            readable = false;
            errors.Add(new ManifestError(line, pointer, code, detail));
        }

        public void ReadObject(ref Utf8JsonReader reader, ReadOnlySpan<byte> file)
        {
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var at = LineOf(file, (int)reader.TokenStartIndex);
                var property = reader.GetString()!;
                reader.Read();
                switch (property)
                {
                    case "jobs" when hasJobs:
                        RefuseFile(at, "/jobs", "not_allowed", "'jobs' is there twice.");
                        reader.Skip();
                        break;
                    case "jobs" when reader.TokenType == JsonTokenType.StartArray:
                        ReadJobs(ref reader, file, "/jobs");
                        break;
                    case "name" when NameIn(reader) is { } text:
                        name = text;
                        break;
                    case "jobs" or "name":
                        RefuseFile(at, "/" + property, "wrong_type",
                            $"'name' must be a string of 1 to {NameLengthMax} characters and 'jobs' an array.");
                        reader.Skip();
                        break;
                    default:
                        RefuseFile(at, "/" + property, "unknown_field",
                            $"'{property}' is not a field of a manifest; those are name, jobs.");
                        reader.Skip();
                        break;
                }
            }
        }

        public void ReadJobs(ref Utf8JsonReader reader, ReadOnlySpan<byte> file, string pointer)
        {
            hasJobs = true;
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                if (count == JobsMax)
                    RefuseFile(LineOf(file, start), pointer, "too_long", $"A manifest may have {JobsMax:N0} jobs; this one has more.");
                if (count < JobsMax)
                    ReadJob(
                        file[start..(int)reader.BytesConsumed], LineOf(file, start),
                        $"{pointer}/{count.ToString(CultureInfo.InvariantCulture)}");
                count++;
            }
        }

        public ManifestPlan Finish()
        {
            if (readable && count == 0) RefuseFile(1, hasJobs ? "/jobs" : "", "required", "The manifest has no jobs.");
            return new ManifestPlan(name, jobs, errors, invalid, readable);
        }

        private void ReadJob(ReadOnlySpan<byte> json, int at, string pointer)
        {
            try
            {
                var job = JsonElement.Parse(json, Strict);
                var name = Presets.NameIn(job) is { } given ? JsonFields.AsText(given) : null;
                var preset = name is null ? null : presets.FirstOrDefault(known => known.Name == name);
                var request = ReadJobRequest.From(preset is null ? job : preset.Under(job), pointer, catalogue, out var faults);
                if (request is not null) faults = ReadImageSource.InlineFaults(request, pointer);
                if (request is not null && faults.Count == 0) jobs.Add(new PlannedJob(at, count, request));
                else invalid++;
                errors.AddRange(faults.Select(fault => new ManifestError(at, fault.Pointer, fault.Code, fault.Detail)));
            }
            catch (JsonException)
            {
                // The reader has passed it already, so what is left to find is a name that is there twice.
                invalid++;
                var twice = JsonFields.Short(JsonText.NameThatIsThereTwice(json) ?? "");
                errors.Add(new ManifestError(at, pointer, "invalid_json", $"The job has the field '{twice}' twice."));
            }
        }

        private static string? NameIn(Utf8JsonReader reader)
        {
            using var value = JsonDocument.ParseValue(ref reader);
            var text = JsonFields.AsText(value.RootElement);
            return text is { Length: > 0 and <= NameLengthMax } && !text.Any(char.IsControl) ? text : null;
        }

        private int LineOf(ReadOnlySpan<byte> file, int offset)
        {
            line += file[counted..offset].Count((byte)'\n');
            counted = offset;
            return line;
        }
    }
}
