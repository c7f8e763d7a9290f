using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Jobs;

/// <summary>The caller's presets: all, or one by its name.</summary>
public sealed class GetPresets(Callers callers, Presets presets)
{
    [Function("ListPresets")]
    [Summary("The account's presets, by name.")]
    [Answer(200, "All of them.", typeof(PresetList))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> RunAll(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/presets")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var found = await presets.All(account, cancel);
        return Results.Json(new PresetList("list", [.. found.Select(PresetView.Of)]), Json.Options);
    }

    [Function("GetPreset")]
    [Summary("A preset.")]
    [Answer(200, "The preset.", typeof(PresetView))]
    [Refuses(ProblemCode.NotFound, ProblemCode.UnknownField)]
    public async Task<IResult> RunOne(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/presets/{name}")] HttpRequest request, string name,
        CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is not { } account) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        return await presets.Find(account, name, cancel) is { } preset
            ? Results.Json(PresetView.Of(preset), Json.Options)
            : NoPreset(name);
    }

    internal static Problem NoPreset(string name) => Problems.NotFound(Presets.None("", name).Detail);
}

/// <summary>All of an account's presets, by name; there is no second page, as their number is limited.</summary>
public sealed record PresetList([AllowedValues("list")] string Object, IReadOnlyList<PresetView> Data);
