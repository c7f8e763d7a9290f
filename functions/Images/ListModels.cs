using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Images;

/// <summary>The catalogue: tiers, credits, prices, ratios, pixel sizes, limits.</summary>
public sealed class ListModels(Callers callers, Catalogue catalogue)
{
    [Function("ListModels")]
    [Summary("The models, and what they cost and can do.")]
    [Answer(200, "The catalogue.", typeof(CatalogueView))]
    [Refuses(ProblemCode.UnknownField)]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/models")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is null) return Problems.Unauthorized();
        if (new QueryFields(request.Query).RefuseOthers() is { Count: > 0 } errors) return Problems.InvalidRequest(errors);
        var models = catalogue.Models.Select(model => new ModelView(
            "model", model.Id, model.Tier, model.CreditsPerImage, model.UsdPerImage, model.OfficialUsdPerImage,
            catalogue.Ratios.ToDictionary(ratio => ratio, ratio => catalogue.SizeOf(model, ratio).ToString())));
        return Results.Json(
            new CatalogueView(
                "list", catalogue.Default.Id, catalogue.ImagesPerRequestMax, catalogue.ReferenceImagesMax, catalogue.CharacterReferencesMax,
                catalogue.Ratios, [.. models]),
            Json.Options);
    }

    /// <summary>The catalogue as the contract shows it.</summary>
    public sealed record CatalogueView(
        [AllowedValues("list")] string Object,
        string DefaultModel,
        int ImagesPerRequestMax,
        int ReferenceImagesMax,
        int CharacterReferencesMax,
        [Description("Of every model.")] IReadOnlyList<string> AspectRatios,
        IReadOnlyList<ModelView> Data);

    /// <summary>One tier as the contract shows it.</summary>
    public sealed record ModelView(
        [AllowedValues("model")] string Object,
        string Id,
        [Description("512, 1K, 2K or 4K.")] string Tier,
        int CreditsPerImage,
        decimal UsdPerImage,
        [Description("What Google's own API asks for the same image.")] decimal OfficialUsdPerImage,
        [Description("By aspect ratio, the size of its images: 1376x768.")] IReadOnlyDictionary<string, string> Pixels);
}
