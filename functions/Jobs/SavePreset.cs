using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.Jobs;

/// <summary>Saves fields of jobs under a name, checked as a job's are.</summary>
public sealed class SavePreset(Callers callers, Catalogue catalogue, Presets presets, TimeProvider time)
{
    /// <summary>Presets of an account: all of them are read with each manifest.</summary>
    private const int PresetsMax = 100;

    private const long BodyBytesMax = 1 << 20;

    [Function("SavePreset")]
    [Summary("Saves fields of jobs under a name.")]
    [Body(typeof(PresetFields))]
    [Answer(201, "A new preset.", typeof(PresetView))]
    [Answer(200, "The preset, saved over one of the same name.", typeof(PresetView))]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "v1/presets/{name}")] HttpRequest request, string name,
        CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } faults) return Problems.InvalidRequest(faults);
        var body = await ReadBody.Json(request, BodyBytesMax, cancel);
        if (body is ReadBody.Refused refused) return refused.Problem;
        using var document = ((ReadBody.Read)body).Document;
        if (Refuse(name, document.RootElement) is { Count: > 0 } errors) return Problems.InvalidRequest(errors);

        var known = await presets.All(account, cancel);
        var isNew = known.All(preset => preset.Name != name);
        if (isNew && known.Count >= PresetsMax)
            return Problems.InvalidRequest(
                [new FieldError("", "too_long", $"An account may have {PresetsMax} presets and has {known.Count}: delete one first.")]);

        // A copy: the answer is written after the document is gone.
        var preset = new Preset(name, document.RootElement.Clone(), time.GetUtcNow());
        await presets.Save(account, preset, cancel);
        return Results.Json(
            PresetView.Of(preset), Json.Options, statusCode: isNew ? StatusCodes.Status201Created : StatusCodes.Status200OK);
    }

    private IReadOnlyList<FieldError> Refuse(string name, JsonElement fields)
    {
        if (!Preset.IsName(name))
            return Because("not_allowed", "A preset's name has 1 to 64 small letters, digits, '-' and '_', a letter or digit first.");
        if (ReadJobRequest.From(fields, "", catalogue, promptRequired: false, out var errors) is not { } request) return errors;

        var sources = request.RefImages.Select(image => image.Image).Append(request.EditOf);
        if (sources.Any(source => source is ImageSource.Inline))
            return Because("not_allowed", "A preset holds no inline images: POST /v1/references stores one and gives its 'ref_…'.");
        var length = Preset.TextOf(fields).Length;
        return length <= Preset.FieldsLengthMax
            ? []
            : Because("too_long", $"A preset may have {Preset.FieldsLengthMax:N0} characters of JSON; given were {length:N0}.");
    }

    private static FieldError[] Because(string code, string detail) => [new(Pointer: "", code, detail)];
}

/// <summary>A preset as the contract shows it.</summary>
public sealed record PresetView(
    [AllowedValues("preset")] string Object,
    string Name,
    [Description("As they were sent.")] JsonElement Fields,
    DateTimeOffset UpdatedAt)
{
    public static PresetView Of(Preset preset) => new("preset", preset.Name, preset.Fields, preset.UpdatedAt);
}
