using System.Reflection;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Http;

/// <summary>Every refusal of the catalogue, also those that no test can provoke, is as the API's document says.</summary>
public sealed class ProblemTests
{
    private static readonly FieldError Wrong = new("/num", "out_of_range", "x");
    private static readonly FieldError Unknown = new("/seed", "unknown_field", "x");

    private static readonly IReadOnlyList<Problem> All =
    [
        .. typeof(Problems).GetMethods(BindingFlags.Public | BindingFlags.Static)
            .Select(make => (Problem)make.Invoke(null, [.. make.GetParameters().Select(parameter => Sample(parameter.ParameterType))])!),
        Problems.InvalidRequest([Unknown]),
    ];

    [Test]
    public void Every_code_has_a_problem() =>
        Assert.That(All.Select(problem => problem.Code).Distinct(), Is.EquivalentTo(Enum.GetValues<ProblemCode>()));

    [TestCaseSource(nameof(All))]
    public async Task Its_answer_is_as_the_document_says(Problem problem)
    {
        var http = new DefaultHttpContext { Request = { Path = "/v1/jobs" }, Response = { Body = new MemoryStream() } };
        await problem.ExecuteAsync(http);
        http.Response.Body.Position = 0;
        var body = (await JsonDocument.ParseAsync(http.Response.Body)).RootElement;

        var kind = ProblemKindAttribute.Of(problem.Code);
        var schema = Contract.Document.GetProperty("components").GetProperty("schemas").GetProperty("Problem");
        Assert.Multiple(() =>
        {
            Assert.That(Contract.Schema.FaultsOf(body, schema), Is.Empty);
            Assert.That((http.Response.StatusCode, body.GetProperty("status").GetInt32()), Is.EqualTo((kind.Status, kind.Status)));
            Assert.That(http.Response.ContentType, Is.EqualTo("application/problem+json"));
            Assert.That(http.Response.Headers.Keys.Except(["Content-Type"]).SingleOrDefault(), Is.EqualTo(kind.Header));
        });
    }

    private static object Sample(Type type) => type switch
    {
        _ when type == typeof(string) => "x",
        _ when type == typeof(int) => 1,
        _ when type == typeof(long) => 1L,
        _ when type == typeof(TimeSpan) => TimeSpan.FromSeconds(1),
        _ when type == typeof(IReadOnlyList<FieldError>) => new[] { Wrong, Unknown },
        _ => throw new NotSupportedException($"There is no sample of {type} yet: give one."),
    };
}
