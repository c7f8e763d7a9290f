using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Net.Http.Headers;
using Pipeline.Http.OpenApi;

namespace Pipeline.Http;

/// <summary>The API's document, written once from the functions of this assembly.</summary>
public static class GetOpenApi
{
    /// <summary>It changes only with a deployment, and programs that read it may be so late.</summary>
    private static readonly TimeSpan KeepFor = TimeSpan.FromMinutes(5);

    private static readonly Lazy<(byte[] Bytes, EntityTagHeaderValue Tag)> Document = new(Write);

    [Function("GetOpenApi")]
    [OpenToAll]
    [Summary("This document.")]
    [Header("If-None-Match")]
    [Answer(200, "OpenAPI 3.1.", typeof(JsonObject), Headers = ["ETag", "Cache-Control"])]
    [Answer(304, "It is still the same.", Headers = ["ETag", "Cache-Control"])]
    public static IResult Run([HttpTrigger(AuthorizationLevel.Anonymous, "get", Route = "v1/openapi.json")] HttpRequest request)
    {
        request.HttpContext.Response.GetTypedHeaders().CacheControl = new CacheControlHeaderValue { Public = true, MaxAge = KeepFor };
        return Results.Bytes(Document.Value.Bytes, "application/json; charset=utf-8", entityTag: Document.Value.Tag);
    }

    private static (byte[] Bytes, EntityTagHeaderValue Tag) Write()
    {
        var bytes = Encoding.UTF8.GetBytes(ApiDocument.Write(typeof(GetOpenApi).Assembly.GetTypes()));
        return (bytes, new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(bytes))[..32]}\""));
    }
}
