using System.Text;
using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

/// <summary>Answers to transactions as the service and Azurite write them, and as they might.</summary>
public sealed class BatchAnswerTests
{
    private const string Answer = """
        --batchresponse_1
        Content-Type: multipart/mixed; boundary=changesetresponse_2

        --changesetresponse_2
        Content-Type: application/http
        Content-Transfer-Encoding: binary

        HTTP/1.1 204 No Content
        Content-ID: 1
        ETag: W/"datetime'2026-01-01T00%3A00%3A00.0000000Z'"


        --changesetresponse_2
        Content-Type: application/http

        HTTP/1.1 204 No Content
        DataServiceVersion: 1.0;


        --changesetresponse_2--
        --batchresponse_1--
        """;

    private const string Failure = """
        --changesetresponse_2
        changesetresponse_2
        HTTP/1.1 409 Conflict
        Content-Type: application/json

        {"odata.error":{"code":"EntityAlreadyExists","message":{"lang":"en-US","value":"12:It is there already.\nRequestId:1"}}}
        --changesetresponse_2--
        """;

    [TestCase("\r\n")]
    [TestCase("\n")]
    public void Each_action_has_an_answer_whichever_way_lines_end(string lineEnd)
    {
        var answers = Parse(Answer, lineEnd);
        Assert.That(answers, Has.Count.EqualTo(2));
        Assert.That(
            answers.Select(answer => (answer.Status, answer.ReasonPhrase, answer.IsError)), Is.All.EqualTo((204, "No Content", false)));
        Assert.That(answers[0].Headers.ETag, Is.EqualTo(new ETag("W/\"datetime'2026-01-01T00%3A00%3A00.0000000Z'\"")));
        Assert.That((answers[1].Headers.ETag, answers[1].Content.ToMemory().Length), Is.EqualTo((default(ETag?), 0)));
    }

    [TestCase("\r\n")]
    [TestCase("\n")]
    public void A_failure_names_its_action_its_status_and_its_code(string lineEnd)
    {
        var answer = Parse(Failure, lineEnd).Single();
        var failure = new TableTransactionFailedException(new RequestFailedException(answer, null, ErrorDetails.Parser));
        Assert.That(
            (failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode),
            Is.EqualTo(((int?)12, 409, "EntityAlreadyExists")));
    }

    [TestCase("{\"odata.error\":{\"code\":\"Busy\",\"message\":{\"value\":\"no index here: sorry\"}}}", "Busy")]
    [TestCase("{\"error\":\"of another form\"}", null)]
    [TestCase("<html>a proxy's page</html>", null)]
    public void A_failure_without_an_index_has_none(string body, string? code)
    {
        var answer = Parse($"--b\nHTTP/1.1 503 Busy\n\n{body}\n--b--", "\n").Single();
        var failure = new TableTransactionFailedException(new RequestFailedException(answer, null, ErrorDetails.Parser));
        Assert.That((failure.FailedTransactionActionIndex, failure.Status, failure.ErrorCode), Is.EqualTo((default(int?), 503, code)));
    }

    [TestCase("")]
    [TestCase("<html>a proxy's page</html>")]
    [TestCase("--b\nHTTP/1.1 nonsense\n\n--b--")]
    public void What_holds_no_answers_is_refused(string text) =>
        Assert.That(() => Parse(text, "\n"), Throws.TypeOf<InvalidDataException>());

    private static IReadOnlyList<Response> Parse(string text, string lineEnd) =>
        BatchAnswer.Parse(new PartResponse(202, "Accepted", [], Encoding.UTF8.GetBytes(text.ReplaceLineEndings(lineEnd)), "request-1"));
}
