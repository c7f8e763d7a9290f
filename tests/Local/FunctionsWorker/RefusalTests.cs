using Azure.Storage.Blobs;
using Local.FunctionsWorker;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;

namespace Pipeline.Tests.FunctionsWorker;

/// <summary>What keeps an app from starting, and what it is told.</summary>
public sealed class RefusalTests
{
    [TestCase(typeof(Twice), "'same' is declared more than once")]
    [TestCase(typeof(BadName), "'1st job': a name is a letter")]
    [TestCase(typeof(Admin), "'Admin': the route 'administration/keys' conflicts with the host's own")]
    [TestCase(typeof(SameRoute), "'GET jobs/{id}' is the route of One and Two")]
    [TestCase(typeof(BadRoute), "'Bad': the route 'jobs/{id' is malformed")]
    [TestCase(typeof(BadConstraint), "'Bad': the route 'jobs/{id:number}' has a constraint that is none")]
    [TestCase(typeof(Unfilled), "'Unfilled': nothing fills the parameter 'job'; the trigger offers id")]
    [TestCase(typeof(TwoTriggers), "'Two': exactly one parameter must have a trigger, 2 have")]
    [TestCase(typeof(WrongType), "'Wrong': httpTrigger cannot fill a parameter of the type System.String")]
    [TestCase(typeof(Hidden), "'Hidden': Pipeline.Tests.FunctionsWorker.RefusalTests+Hidden.Run must be a public method")]
    [TestCase(typeof(UnknownSetting), "'Work': the setting 'Queue:Name' of 'x-%Queue:Name%' is missing")]
    [TestCase(typeof(NoConnection), "'Work': the setting 'Other' must have the connection string of a storage account. It has parts")]
    [TestCase(typeof(NoContainer), "'Work': the blob path '{container}/{name}' must begin with the name of a container")]
    [TestCase(typeof(BadSchedule), "'Tick': the schedule '0 * * *' is neither NCRONTAB")]
    public void An_app_with_a_fault_does_not_start(Type functions, string message)
    {
        (string, string?)[] settings = [("Other:blobServiceUri", "https://x"), ("AzureWebJobsStorage", "UseDevelopmentStorage=true")];

        var refused = Assert.ThrowsAsync<RefusedException>(async () => await LocalApp.Start([functions], settings: settings));

        Assert.That(refused.Message, Does.Contain($"unction {message}").Or.Contain(message));
    }

    [TestCase("""{ "version": "2.0", "logging": { "logLevel": { "default": "Loud" } } }""", "logging.logLevel.default: expected Trace or")]
    [TestCase("""{ "version": "2.0", "extension": {} }""", "extension: the host knows no such setting")]
    [TestCase("""{ "version": "1.0" }""", "version: expected \"2.0\", got 1.0")]
    [TestCase("""{ "version": "2.0", """, "host.json: ")]
    public void A_faulty_host_json_is_refused_with_the_path_of_the_fault(string hostJson, string message)
    {
        var refused = Assert.ThrowsAsync<RefusedException>(async () => await LocalApp.Start([], hostJson: hostJson));

        Assert.That(refused.Message, Does.Contain("host.json").And.Contain(message));
    }

    [TestCase("""{ "batchSize": 99 }""", "extensions.queues.batchSize: expected 1 to 32, got 99")]
    [TestCase("""{ "batchSize": [1] }""", "extensions.queues.batchSize: expected a single value")]
    [TestCase("""{ "bachSize": 9 }""", "extensions.queues.bachSize: the host knows no such setting")]
    [TestCase("""{ "visibilityTimeout": "soon" }""", "extensions.queues.visibilityTimeout: expected a duration")]
    [TestCase("""{ "messageEncoding": "hex" }""", "messageEncoding: expected base64 or none, got hex")]
    public void A_faulty_queue_setting_is_refused_with_its_path(string queues, string message) =>
        A_faulty_host_json_is_refused_with_the_path_of_the_fault(
            $$"""{ "version": "2.0", "extensions": { "queues": {{queues}} } }""", message);

    [Test]
    public async Task A_port_in_use_is_refused_with_the_way_out()
    {
        await using var first = await LocalApp.Start([]);
        var port = first.Http.BaseAddress!.Port;

        var refused = Assert.ThrowsAsync<RefusedException>(async () => await LocalApp.Start([], urls: $"http://127.0.0.1:{port}"));

        Assert.That(refused.Message, Does.Contain($"127.0.0.1:{port}: address already in use").And.Contain("--urls").And.Not.Contain("\n"));
    }

    private static class Twice
    {
        [Function("same")]
        public static void One([HttpTrigger] HttpRequest _) { }

        [Function("Same")]
        public static void Two([HttpTrigger] HttpRequest _) { }
    }

    private static class BadName
    {
        [Function("1st job")]
        public static void Run([HttpTrigger] HttpRequest _) { }
    }

    private static class Admin
    {
        [Function("Admin")]
        public static void Run([HttpTrigger(Route = "administration/keys")] HttpRequest _) { }
    }

    private static class SameRoute
    {
        [Function("One")]
        public static void One([HttpTrigger("get", "post", Route = "jobs/{id}")] HttpRequest _) { }

        [Function("Two")]
        public static void Two([HttpTrigger("get", Route = "jobs/{job}")] HttpRequest _) { }
    }

    private static class BadRoute
    {
        [Function("Bad")]
        public static void Run([HttpTrigger(Route = "jobs/{id")] HttpRequest _) { }
    }

    private static class BadConstraint
    {
        [Function("Bad")]
        public static void Run([HttpTrigger(Route = "jobs/{id:number}")] HttpRequest _) { }
    }

    private static class Unfilled
    {
        [Function("Unfilled")]
        public static string Run([HttpTrigger(Route = "jobs/{id}")] HttpRequest _, string job) => job;
    }

    private static class TwoTriggers
    {
        [Function("Two")]
        public static void Run([HttpTrigger] HttpRequest _, [TimerTrigger("0 * * * * *")] TimerInfo _1) { }
    }

    private static class WrongType
    {
        [Function("Wrong")]
        public static string Run([HttpTrigger] string body) => body;
    }

    private static class Hidden
    {
        [Function("Hidden")]
        internal static void Run([HttpTrigger] HttpRequest _) { }
    }

    private static class UnknownSetting
    {
        [Function("Work")]
        public static void Run([QueueTrigger("x-%Queue:Name%")] string _) { }
    }

    private static class NoConnection
    {
        [Function("Work")]
        public static void Run([BlobTrigger("manifests/{name}", Connection = "Other")] BlobClient _) { }
    }

    private static class NoContainer
    {
        [Function("Work")]
        public static void Run([BlobTrigger("{container}/{name}")] BlobClient _) { }
    }

    private static class BadSchedule
    {
        [Function("Tick")]
        public static void Run([TimerTrigger("0 * * *")] TimerInfo _) { }
    }
}
