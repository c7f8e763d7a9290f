using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;

namespace Pipeline.Http.OpenApi;

/// <summary>What a function answers: what it declares, and the refusals that follow from its key, its body and its query.</summary>
internal sealed class Responses(OpenApiDocument document, Schemas schemas)
{
    public OpenApiResponses Of(HttpFunction function)
    {
        var answers = function.Answers.ToLookup(answer => answer.Status);
        var refusals = RefusalsOf(function).Distinct().ToLookup(code => ProblemKindAttribute.Of(code).Status);
        var statuses = answers.Select(answer => answer.Key).Concat(refusals.Select(refusal => refusal.Key)).ToHashSet();
        if (function.Level != AuthorizationLevel.Anonymous) statuses.Add(401);

        var responses = new OpenApiResponses();
        foreach (var status in statuses.Order())
        {
            List<Shape> shapes = [.. answers[status].Select(Answered)];
            List<ProblemCode> codes = [.. refusals[status].Order()];
            if (codes.Count > 0) shapes.Add(Refused(codes, function.Refuses?.As));

            // What many functions answer alike stands once in the document.
            IOpenApiResponse response =
                shapes.Count == 0 ? Component("NoFunctionKey", NoFunctionKey)
                : shapes.All(shape => shape.Body == typeof(ProblemView)) ? Component(string.Join("Or", codes), () => Response(shapes))
                : Response(shapes);
            responses.Add(status.ToString(CultureInfo.InvariantCulture), response);
        }

        return responses;
    }

    private static IEnumerable<ProblemCode> RefusalsOf(HttpFunction function)
    {
        var isJson = function.Body?.ContentTypes.Contains(BodyAttribute.Json) == true;
        IEnumerable<ProblemCode> ofKey = function.IsForAccounts ? [ProblemCode.Unauthorized, ProblemCode.TooManyRequests] : [];
        IEnumerable<ProblemCode> ofBody = function.Body is null ? [] : [ProblemCode.TooLarge, ProblemCode.UnsupportedMediaType];
        IEnumerable<ProblemCode> ofJson = isJson ? [ProblemCode.InvalidJson] : [];
        IEnumerable<ProblemCode> ofFields =
            isJson || function.Query is not null ? [ProblemCode.InvalidRequest, ProblemCode.UnknownField] : [];
        IEnumerable<ProblemCode> ofAny = [ProblemCode.InternalError, ProblemCode.StorageUnavailable];
        return [.. ofKey, .. ofBody, .. ofJson, .. ofFields, .. function.Refuses?.Codes ?? [], .. ofAny];
    }

    private Shape Answered(AnswerAttribute answer) => new(
        answer.Description, answer.Headers, answer.OptionalHeaders, answer.ContentType, answer.Body,
        answer.Body is { } body ? schemas.Written(body) : null);

    private Shape Refused(List<ProblemCode> codes, Type? shape)
    {
        var kinds = codes.Select(code => (Name: Json.Name(code), Kind: ProblemKindAttribute.Of(code))).ToList();
        var headers = kinds.Select(of => of.Kind.Header).OfType<string>().ToList();
        var theseCodes = new OpenApiSchema
        {
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["code"] = new OpenApiSchema { Enum = [.. kinds.Select(of => JsonValue.Create(of.Name))] },
            },
        };
        return new Shape(
            string.Join(' ', kinds.Select(of => $"`{of.Name}`: {of.Kind.Title}.")),
            codes.Count == 1 ? headers : [], codes.Count == 1 ? [] : headers,
            shape is null ? Problem.ContentType : BodyAttribute.Json,
            shape ?? typeof(ProblemView),
            shape is null
                ? new OpenApiSchema { AllOf = [schemas.Written(typeof(ProblemView)), theseCodes] }
                : schemas.Written(shape));
    }

    private static OpenApiResponse NoFunctionKey() =>
        new() { Description = "The function key is missing or wrong. The host answers, without a body." };

    /// <summary>All that one status can be: a header is required if it goes with each, and a body is one of theirs.</summary>
    private static OpenApiResponse Response(IReadOnlyList<Shape> shapes)
    {
        var always = shapes.Select(shape => shape.Headers.AsEnumerable()).Aggregate(Enumerable.Intersect).ToList();
        var headers = shapes.SelectMany(shape => shape.Headers.Concat(shape.OptionalHeaders)).Distinct()
            .ToDictionary(name => name, IOpenApiHeader (name) => Headers.Answered(name, always.Contains(name)));
        var content = shapes.Where(shape => shape.Schema is not null).DistinctBy(shape => (shape.ContentType, shape.Body))
            .GroupBy(shape => shape.ContentType, shape => shape.Schema!)
            .ToDictionary(type => type.Key, type => new OpenApiMediaType { Schema = OneOf([.. type]) });
        return new OpenApiResponse
        {
            Description = string.Join(' ', shapes.Select(shape => shape.Description)),
            Headers = headers.Count > 0 ? headers : null,
            Content = content.Count > 0 ? content : null,
        };
    }

    private static IOpenApiSchema OneOf(List<IOpenApiSchema> schemas) =>
        schemas is [var only] ? only : new OpenApiSchema { OneOf = schemas };

    private OpenApiResponseReference Component(string name, Func<OpenApiResponse> make)
    {
        if (document.Components?.Responses?.ContainsKey(name) != true) document.AddComponent(name, make());
        return new OpenApiResponseReference(name, document);
    }

    /// <summary>One of the things that a status can be.</summary>
    private sealed record Shape(
        string Description, IReadOnlyList<string> Headers, IReadOnlyList<string> OptionalHeaders, string ContentType, Type? Body,
        IOpenApiSchema? Schema);
}
