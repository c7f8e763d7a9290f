using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Accounts;
using Pipeline.Http;

namespace Pipeline.Images;

/// <summary>The catalogue: tiers, credits, prices, ratios, pixel sizes, limits.</summary>
public sealed class ListModels(Callers callers, Catalogue catalogue)
{
    [Function("ListModels")]
    public async Task<IResult> Run(
        [HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/models")] HttpRequest request, CancellationToken cancel)
    {
        if (await callers.Authenticate(request, cancel) is null) return Problems.Unauthorized();
        return Results.Json(
            new
            {
                Object = "list",
                DefaultModel = catalogue.Default.Id,
                catalogue.ImagesPerRequestMax,
                catalogue.ReferenceImagesMax,
                catalogue.CharacterReferencesMax,
                AspectRatios = catalogue.Ratios,
                Data = catalogue.Models.Select(model => new
                {
                    Object = "model",
                    model.Id,
                    model.Tier,
                    model.CreditsPerImage,
                    model.UsdPerImage,
                    model.OfficialUsdPerImage,
                    Pixels = catalogue.Ratios.ToDictionary(ratio => ratio, ratio => catalogue.SizeOf(model, ratio).ToString()),
                }),
            },
            Json.Options);
    }
}
