using System.Net;
using System.Text;

namespace Pipeline.Tests.Apps;

/// <summary>What is held against the document is found to break it, wherever it does.</summary>
public sealed class ContractTests
{
    private const string Rest = """
        "lots":[],"open_jobs":0,"spent_today":0,"low":false,
        "limits":{"credits_per_day":null,"open_jobs":null,"requests_per_minute":null,"credits_low":null}}
        """;

    private const string Credits = """{"available":1,"held":0,"spent":0,"granted":1,"version":1,""" + Rest;
    private const string Json = "application/json";
    private const string Problem = "application/problem+json";

    private const string NotFound = """
        {"type":"/problems/not-found","title":"Not found","status":404,"detail":"x","instance":"/v1/x","code":"not_found","trace_id":"x",
        "retryable":false}
        """;

    [Test]
    public void What_is_declared_holds() => Assert.That(Faults("GET", "/v1/credits", 200, Json, Credits), Is.Empty);

    [TestCase(204, Json, Credits, "The status is not declared.")]
    [TestCase(200, "text/json", Credits, "The content type text/json is not declared.")]
    [TestCase(200, Json, """{"available":1,"held":0,"spent":0,"granted":1,""" + Rest, ": 'version' is missing")]
    [TestCase(200, Json, """{"available":1,"held":0,"spent":0,"granted":1,"version":1,"owed":0,""" + Rest, ": 'owed' is not declared")]
    [TestCase(
        200, Json, """{"available":"1","held":0,"spent":0,"granted":1,"version":1,""" + Rest, "/available: \"1\" is not of type integer")]
    [TestCase(404, Problem, NotFound, "The status is not declared.")]
    public void An_answer_that_is_not_is_a_fault(int status, string type, string body, string fault) =>
        Assert.That(Faults("GET", "/v1/credits", status, type, body), Is.EqualTo(new[] { fault }));

    [Test]
    public void A_header_that_is_not_declared_is_a_fault() => Assert.That(
        Faults("GET", "/v1/credits", 200, Json, Credits, ("ETag", "\"1\"")), Is.EqualTo(new[] { "The header ETag is not declared." }));

    [Test]
    public void A_header_that_is_declared_and_missing_or_wrong_is_a_fault()
    {
        var faults = Faults("GET", "/v1/jobs/job_x/images/0", 302, null, "", ("Location", "elsewhere"));
        Assert.That(faults, Is.EquivalentTo(new[] { "The header Cache-Control is missing.", "Location: 'elsewhere' breaks format uri" }));
    }

    [Test]
    public void A_body_where_none_is_declared_is_a_fault() => Assert.That(
        Faults("POST", "/v1/operator/sweep", 401, Json, "{}"), Is.EqualTo(new[] { "No body is declared." }));

    [Test]
    public void A_refusal_with_a_code_that_its_route_does_not_declare_is_a_fault() => Assert.That(
        Faults("GET", "/v1/jobs/job_x", 404, Problem, NotFound.Replace("\"not_found\"", "\"too_large\"", StringComparison.Ordinal)),
        Has.Exactly(1).StartsWith("/code: \"too_large\" is none of"));

    [TestCase("GET", "/v1/nothing")]
    [TestCase("DELETE", "/v1/credits")]
    [TestCase("GET", "/v1/jobs/job_x/images/first")]
    public void A_route_that_is_not_declared_must_be_not_found(string method, string path)
    {
        Assert.That(Faults(method, path, 404, Problem, NotFound), Is.Empty);
        Assert.That(Faults(method, path, 200, Json, Credits), Is.Not.Empty);
    }

    [Test]
    public void A_request_that_is_accepted_must_be_declared()
    {
        const string Entries = """{"object":"list","data":[],"next_cursor":null}""";
        Assert.That(Faults("GET", "/v1/credits/entries?limit=5", 200, Json, Entries), Is.Empty);
        Assert.That(Faults("GET", "/v1/credits/entries?limit=500", 200, Json, Entries), Has.Exactly(1).Contains("?limit: 500 breaks"));
        Assert.That(Faults("GET", "/v1/credits/entries?page=1", 200, Json, Entries), Has.Exactly(1).Contains("page was accepted"));

        const string Balance = """{"available":1,"held":0,"spent":0,"granted":1,"version":1}""";
        const string Grant = """{"credits":0,"reference":"x"}""";
        Assert.That(
            Contract.FaultsOf("POST", "/v1/operator/accounts/x/grants", Grant, Answer(201, Json, Balance), Balance),
            Has.Exactly(1).Contains("/credits: 0 breaks"));
    }

    private static List<string> Faults(
        string method, string path, int status, string? type, string body, params (string Name, string Value)[] headers) =>
        [.. Contract.FaultsOf(method, path, null, Answer(status, type, body, headers), body)];

    private static HttpResponseMessage Answer(int status, string? type, string body, params (string Name, string Value)[] headers)
    {
        var answer = new HttpResponseMessage((HttpStatusCode)status);
        if (type is not null) answer.Content = new StringContent(body, Encoding.UTF8, type);
        foreach (var (name, value) in headers) answer.Headers.Add(name, value);
        return answer;
    }
}
