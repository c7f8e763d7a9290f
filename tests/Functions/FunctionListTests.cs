using System.Xml.Linq;
using Local.Up;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Pipeline.Http;

namespace Pipeline.Tests.Functions;

/// <summary><c>docs/functions.md</c> has what the app has.</summary>
public sealed class FunctionListTests
{
    private const string Variable = "WRITE_DOCS";
    private const string Again =
        $"docs/functions.md is generated, and the app has changed. Write it again, and commit it: "
        + $"{Variable}=1 dotnet test Pipeline.sln --filter FullyQualifiedName~FunctionListTests";

    private static readonly string Document = Checkout.PathTo("docs", "functions.md");

    [Test]
    public void The_document_lists_every_function_as_the_app_has_it()
    {
        var summaries = XDocument.Load(Path.ChangeExtension(typeof(Settings).Assembly.Location, ".xml"));
        var list = FunctionList.Of(AppFunction.All, summaries);
        if (Environment.GetEnvironmentVariable(Variable) == "1") File.WriteAllText(Document, list);

        var written = File.Exists(Document) ? File.ReadAllText(Document) : "";
        Assert.That(written.Split('\n').Except(list.Split('\n')), Is.Empty, $"Not in the app. {Again}");
        Assert.That(list.Split('\n').Except(written.Split('\n')), Is.Empty, $"Not in the document. {Again}");
        Assert.That(written, Is.EqualTo(list), Again);
    }

    [Test]
    public void A_function_is_listed_with_its_trigger_its_file_and_what_the_code_says_of_it()
    {
        var summaries = XDocument.Parse("""
            <doc><members>
              <member name="T:Pipeline.Tests.Functions.FunctionListTests.Samples"><summary>Of the class.</summary></member>
              <member name="M:Pipeline.Tests.Functions.FunctionListTests.Samples.Message(System.String)">
                <summary>
                Takes <c>a|b</c>
                to <see cref="P:Other.Place"/>. And more.
                </summary>
              </member>
            </members></doc>
            """.Replace("FunctionListTests.Samples", "FunctionListTests+Samples", StringComparison.Ordinal));

        var rows = FunctionList.Of(AppFunction.Of([typeof(Samples)]), summaries).Split('\n')
            .Where(line => line.StartsWith("| [", StringComparison.Ordinal));

        const string link = "(../functions/Tests/Functions/Samples.cs)";
        Assert.That(rows, Is.EqualTo((string[])
        [
            $"| [Any]{link} | `any /Any` | Function | Of the class. |",
            $"| [Call]{link} | `GET, POST /v1/calls/{{id}}` | Anonymous | Takes a call. |",
            $"| [Message]{link} | `messages` | Takes `a\\|b` to `Place`. |",
            $"| [File]{link} | `files/{{name}}`, EventGrid | Of the class. |",
            $"| [Night]{link} | `0 0 3 * * *` | Of the class. |",
        ]));
    }

    private sealed class Samples
    {
        [Function("Night")]
        public static void Night([TimerTrigger("0 0 3 * * *")] TimerInfo timer) => _ = timer;

        [Function("Message")]
        public static void Message([QueueTrigger("messages")] string text) => _ = text;

        [Function("File")]
        public static void File([BlobTrigger("files/{name}", Source = BlobTriggerSource.EventGrid)] string text) => _ = text;

        [Function("Any")]
        public static void Any([HttpTrigger] HttpRequest request) => _ = request;

        [Function("Call")]
        [Summary("Takes a call.")]
        public static void Call(
            [HttpTrigger(AuthorizationLevel.Anonymous, "get", "post", Route = "v1/calls/{id}")] HttpRequest request) => _ = request;
    }
}
