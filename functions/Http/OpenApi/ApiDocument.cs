using System.ComponentModel;
using System.Globalization;
using System.Reflection;
using Microsoft.Azure.Functions.Worker;
using Microsoft.OpenApi;

namespace Pipeline.Http.OpenApi;

/// <summary>Describes HTTP functions as OpenAPI 3.1, from their triggers and the attributes of <c>Describe.cs</c>.</summary>
internal static class ApiDocument
{
    private const string Bearer = "bearer";
    private const string FunctionsKey = "functions_key";

    /// <summary>The document of all functions among some types, as JSON; the same each time.</summary>
    /// <exception cref="InvalidOperationException">A function's head lacks a summary, or names a header that nobody explains.</exception>
    public static string Write(IEnumerable<Type> types)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        Of([.. HttpFunction.Of(types)]).SerializeAsV31(new OpenApiJsonWriter(text));
        return text.ToString();
    }

    private static OpenApiDocument Of(IReadOnlyList<HttpFunction> functions)
    {
        var document = new OpenApiDocument
        {
            Info = new OpenApiInfo
            {
                Title = "Pipeline",
                Version = "1",
                Description = "Makes images with Nano Banana 2, at any volume, and keeps the books.",
                License = new OpenApiLicense { Name = "MIT", Identifier = "MIT" },
            },
            Servers = [new OpenApiServer { Url = "/" }],
            Tags = functions.Select(function => function.Folder).Distinct().Order(StringComparer.Ordinal)
                .Select(folder => new OpenApiTag { Name = folder }).ToHashSet(),
            Paths = [],
        };
        document.AddComponent(Bearer, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.Http,
            Scheme = "bearer",
            BearerFormat = "nb_…",
            Description = "An API key of the account.",
        });
        document.AddComponent(FunctionsKey, new OpenApiSecurityScheme
        {
            Type = SecuritySchemeType.ApiKey,
            In = ParameterLocation.Header,
            Name = "x-functions-key",
            Description = "The key of the Functions host: the operator's.",
        });

        var schemas = new Schemas(document);
        var responses = new Responses(document, schemas);
        foreach (var path in functions.GroupBy(function => function.Path).OrderBy(path => path.Key, StringComparer.Ordinal))
        {
            document.Paths.Add(path.Key, new OpenApiPathItem
            {
                Operations = path.OrderBy(function => function.Method, StringComparer.Ordinal).ToDictionary(
                    function => new HttpMethod(function.Method), function => Operation(function, document, schemas, responses)),
            });
        }

        return document;
    }

    private static OpenApiOperation Operation(HttpFunction function, OpenApiDocument document, Schemas schemas, Responses responses)
    {
        var operation = new OpenApiOperation
        {
            OperationId = function.Name,
            Summary = function.Summary,
            Tags = new HashSet<OpenApiTagReference> { new(function.Folder, document) },
            Parameters =
            [
                .. function.PathParameters.Select(parameter => Path(parameter, schemas)),
                .. function.Query is { } query ? schemas.Query(query.Fields) : [],
                .. function.Headers.Select(header => Headers.Asked(header.Name)),
            ],
            Security = Security(function, document),
            Responses = responses.Of(function),
        };
        if (function.Body is { } body)
        {
            var schema = schemas.Body(body.Fields);
            operation.RequestBody = new OpenApiRequestBody
            {
                Required = true,
                Content = body.ContentTypes.ToDictionary(type => type, _ => new OpenApiMediaType { Schema = schema }),
            };
        }

        return operation;
    }

    private static OpenApiParameter Path(ParameterInfo parameter, Schemas schemas) => new()
    {
        Name = parameter.Name,
        In = ParameterLocation.Path,
        Required = true,
        Description = parameter.GetCustomAttribute<DescriptionAttribute>()?.Description,
        Schema = schemas.InPath(parameter.ParameterType),
    };

    private static List<OpenApiSecurityRequirement> Security(HttpFunction function, OpenApiDocument document)
    {
        var scheme = function.Level != AuthorizationLevel.Anonymous ? FunctionsKey : function.IsForAccounts ? Bearer : null;
        return scheme is null ? [] : [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference(scheme, document)] = [] }];
    }
}
