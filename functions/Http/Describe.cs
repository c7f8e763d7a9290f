namespace Pipeline.Http;

/// <summary>What the function does, in a sentence for callers.</summary>
/// <remarks>
/// <para>
/// A function's head is its entry in the API's document, <c>/v1/openapi.json</c>. Route, method, path parameters, tag (the folder) and
/// whose key is needed are read off its trigger; the attributes of this file say the rest:
/// </para>
/// <code>
/// [Function("GrantCredits")]
/// [Summary("Gives an account credits, once per reference.")]
/// [Body(typeof(GrantFields))]
/// [Answer(201, "The balance after it.", typeof(CreditsView))]
/// [Answer(200, "The balance: this grant was made before.", typeof(CreditsView), Headers = ["Idempotent-Replayed"])]
/// [Refuses(ProblemCode.NotFound, ProblemCode.IdempotencyKeyReused)]
/// </code>
/// <para>
/// What the functions of a class have in common can be said at the class. What follows is not declared: 401 and 429 where a key is needed,
/// the refusals of a body and of a query, 500 and 503 everywhere.
/// </para>
/// <para>
/// Fields are those of records. An answer's are as they are written. A request's are optional if they are nullable, and their rules are the
/// attributes of <c>FieldRules.cs</c>, <c>[AllowedValues]</c> and <c>[DefaultValue]</c>, with the constants that the reader checks.
/// </para>
/// <para>
/// Whatever is declared wrong or not at all turns tests red: every answer of every test of the app is held against the document
/// (<c>tests/Apps/Contract.cs</c>), and every rule of a request against its reader (<c>tests/Apps/OpenApiTests.cs</c>).
/// </para>
/// </remarks>
[AttributeUsage(AttributeTargets.Method)]
public sealed class SummaryAttribute(string text) : Attribute
{
    public string Text { get; } = text;
}

/// <summary>The request's body.</summary>
/// <param name="fields">A record of its fields, if it is JSON; <see cref="Stream"/> if it is bytes.</param>
/// <param name="contentTypes">What it may be sent as; if nothing is given, JSON.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class BodyAttribute(Type fields, params string[] contentTypes) : Attribute
{
    public const string Json = "application/json";

    public Type Fields { get; } = fields;

    public IReadOnlyList<string> ContentTypes { get; } = contentTypes is [] ? [Json] : contentTypes;
}

/// <summary>The query's parameters. Others are refused.</summary>
/// <param name="fields">A record of them.</param>
[AttributeUsage(AttributeTargets.Method)]
public sealed class QueryAttribute(Type fields) : Attribute
{
    public Type Fields { get; } = fields;
}

/// <summary>A header that the function reads.</summary>
/// <param name="name">One of <see cref="OpenApi.Headers"/>.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class HeaderAttribute(string name) : Attribute
{
    public string Name { get; } = name;
}

/// <summary>An answer that is no refusal. A status with more than one body is declared once for each.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="description">When it is given, or what the body is.</param>
/// <param name="body">The record that is written as JSON; <see cref="string"/> if it is text; null if there is no body.</param>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class, AllowMultiple = true)]
public sealed class AnswerAttribute(int status, string description, Type? body = null) : Attribute
{
    public int Status { get; } = status;

    public string Description { get; } = description;

    public Type? Body { get; } = body;

    public string ContentType { get; init; } = BodyAttribute.Json;

    /// <summary>Those of <see cref="OpenApi.Headers"/> that always go with it.</summary>
    public string[] Headers { get; init; } = [];

    /// <summary>Those that go with it now and then.</summary>
    public string[] OptionalHeaders { get; init; } = [];
}

/// <summary>The codes of refusals that do not follow from the key, the body and the query.</summary>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Class)]
public sealed class RefusesAttribute(params ProblemCode[] codes) : Attribute
{
    public IReadOnlyList<ProblemCode> Codes { get; } = codes;

    /// <summary>The record that this route's refusals are written as, if it is not <see cref="ProblemView"/>.</summary>
    public Type? As { get; init; }
}

/// <summary>Anyone may call it, without a key.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class OpenToAllAttribute : Attribute;
