using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;

namespace Pipeline.Http.OpenApi;

/// <summary>What a function answers: what it declares, and the refusals that follow from its key, its body and its query.</summary>
internal sealed class Responses(OpenApiDocument document, Schemas schemas)
{
    private static readonly ProblemCode[] OfMiddleware = [ProblemCode.InternalError, ProblemCode.StorageUnavailable];

    public OpenApiResponses Of(HttpFunction function)
    {
        var responses = new SortedDictionary<int, IOpenApiResponse>();
        foreach (var answers in function.Answers.GroupBy(answer => answer.Status)) responses[answers.Key] = Answered([.. answers]);
        if (function.Level != AuthorizationLevel.Anonymous) responses[401] = Component("NoFunctionKey", NoFunctionKey);

        foreach (var alike in RefusalsOf(function).GroupBy(refusal => (ProblemKindAttribute.Of(refusal.Code).Status, refusal.As)))
        {
            var codes = alike.Select(refusal => refusal.Code).Distinct().Order().ToList();
            var (status, shape) = alike.Key;
            responses[status] =
                responses.TryGetValue(status, out var other) ? Both(other, Refused(codes, shape))
                : shape is not null ? Refused(codes, shape)
                : Component(string.Join("Or", codes), () => Refused(codes, shape));
        }

        var all = new OpenApiResponses();
        foreach (var (status, response) in responses) all.Add(status.ToString(CultureInfo.InvariantCulture), response);
        return all;
    }

    /// <summary>Its refusals, and the record that each is written as, or null if it is a problem: what the middleware refuses is.</summary>
    private static IEnumerable<(ProblemCode Code, Type? As)> RefusalsOf(HttpFunction function)
    {
        var isJson = function.Body?.ContentTypes.Contains(BodyAttribute.Json) == true;
        IEnumerable<ProblemCode> ofKey = function.IsForAccounts ? [ProblemCode.Unauthorized] : [];
        IEnumerable<ProblemCode> ofBody = function.Body is null ? [] : [ProblemCode.TooLarge, ProblemCode.UnsupportedMediaType];
        IEnumerable<ProblemCode> ofJson = isJson ? [ProblemCode.InvalidJson] : [];
        IEnumerable<ProblemCode> ofFields =
            isJson || function.Query is not null ? [ProblemCode.InvalidRequest, ProblemCode.UnknownField] : [];
        IEnumerable<ProblemCode> own = [.. ofKey, .. ofBody, .. ofJson, .. ofFields, .. function.Refuses?.Codes ?? []];
        return own.Select(code => (code, function.Refuses?.As)).Concat(OfMiddleware.Select(code => (code, (Type?)null)));
    }

    private OpenApiResponse Answered(IReadOnlyList<AnswerAttribute> answers)
    {
        var always = answers.Select(answer => answer.Headers.AsEnumerable()).Aggregate(Enumerable.Intersect).ToList();
        var headers = answers.SelectMany(answer => answer.Headers.Concat(answer.OptionalHeaders));
        var bodies = answers.Select(answer => answer.Body).OfType<Type>().Distinct().Select(schemas.Written).ToList();
        return new OpenApiResponse
        {
            Description = string.Join(' ', answers.Select(answer => answer.Description)),
            Headers = HeadersOf(headers, always.Contains),
            Content = bodies is [] ? null : Content(BodyAttribute.Json, bodies is [var only] ? only : new OpenApiSchema { OneOf = bodies }),
        };
    }

    private OpenApiResponse Refused(List<ProblemCode> codes, Type? shape)
    {
        var kinds = codes.Select(code => (Name: Json.Name(code), Kind: ProblemKindAttribute.Of(code))).ToList();
        var theseCodes = new OpenApiSchema
        {
            Properties = new Dictionary<string, IOpenApiSchema>
            {
                ["code"] = new OpenApiSchema { Enum = [.. kinds.Select(of => JsonValue.Create(of.Name))] },
            },
        };
        return new OpenApiResponse
        {
            Description = string.Join(' ', kinds.Select(of => $"`{of.Name}`: {of.Kind.Title}.")),
            Headers = HeadersOf(kinds.Select(of => of.Kind.Header).OfType<string>(), _ => codes.Count == 1),
            Content = shape is not null
                ? Content(BodyAttribute.Json, schemas.Written(shape))
                : Content(Problem.ContentType, new OpenApiSchema { AllOf = [schemas.Written(typeof(ProblemView)), theseCodes] }),
        };
    }

    private static OpenApiResponse NoFunctionKey() =>
        new() { Description = "The function key is missing or wrong. The host answers, without a body." };

    private static OpenApiResponse Both(IOpenApiResponse one, OpenApiResponse other) => new()
    {
        Description = $"{one.Description} {other.Description}",
        Headers = HeadersOf([.. one.Headers?.Keys ?? [], .. other.Headers?.Keys ?? []], _ => false),
        Content = (one.Content ?? Enumerable.Empty<KeyValuePair<string, OpenApiMediaType>>()).Concat(other.Content!).ToDictionary(),
    };

    private static Dictionary<string, IOpenApiHeader>? HeadersOf(IEnumerable<string> names, Func<string, bool> isAlways)
    {
        var headers = names.Distinct().ToDictionary(name => name, IOpenApiHeader (name) => Headers.Answered(name, isAlways(name)));
        return headers.Count > 0 ? headers : null;
    }

    private static Dictionary<string, OpenApiMediaType> Content(string type, IOpenApiSchema schema) =>
        new() { [type] = new OpenApiMediaType { Schema = schema } };

    private OpenApiResponseReference Component(string name, Func<OpenApiResponse> make)
    {
        if (document.Components?.Responses?.ContainsKey(name) != true) document.AddComponent(name, make());
        return new OpenApiResponseReference(name, document);
    }
}
