using System.Collections.Concurrent;
using System.Text.Json;
using Azure;
using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Local.ImageApi;
using Microsoft.Extensions.DependencyInjection;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Messages;
using Pipeline.References;
using Pipeline.Storage;
using Catalogue = Pipeline.Images.Catalogue;

namespace Pipeline.Tests.Jobs;

/// <summary>What a job costs in storage transactions, from its submission to its message's deletion, counted at the clients.</summary>
/// <remarks>The table in <c>docs/ledger.md</c> is what the tests print.</remarks>
public sealed class StorageCostTests
{
    /// <summary>What the host receives at once, see <c>host.json</c>.</summary>
    private const int BatchMax = 16;

    private static readonly AccountId Account = AccountId.Parse("demo");

    private readonly CountByStep count = new();
    private Simulator simulator = null!;
    private ServiceProvider services = null!;

    [OneTimeSetUp]
    public async Task Open_an_account()
    {
        simulator = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, default);
        var storage = Tests.Storage.NewAccount();
        var tables = new TableServiceClient(storage, count.In(new TableClientOptions()));
        var blobs = new BlobServiceClient(storage, count.In(new BlobClientOptions()));
        var queues = new QueueServiceClient(storage, count.In(new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 }));
        var imageApi = new ImageApiOptions { Key = SimulatorOptions.DefaultKey, BaseUrl = simulator.Url };
        services = new ServiceCollection().AddLogging()
            .AddSingleton(TimeProvider.System).AddSingleton(Random.Shared)
            .AddSingleton(tables).AddSingleton(blobs).AddSingleton(queues)
            .AddSingleton(new JobOptions()).AddSingleton(imageApi).AddSingleton(new OutgoingOptions()).AddSingleton(new OutputOptions())
            .AddSingleton<ResolveHost>((_, _) => throw new InvalidOperationException("No name is looked up."))
            .AddSingleton<GuardedHttp>().AddSingleton<ReferenceStore>().AddSingleton<FetchReference>().AddSingleton<SignedUrls>()
            .AddSingleton(Catalogue.Load()).AddSingleton<ImageRequestBody>().AddSingleton<ImageApiTurns>()
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<ImageApi>(provider, HttpClients.ForImageApi(imageApi)))
            .AddSingleton(provider => ActivatorUtilities.CreateInstance<ImageStore>(provider, HttpClients.ForImages()))
            .AddSingleton<DeliveryMessages>().AddSingleton<Ledger>()
            .AddSingleton<JobRow>().AddSingleton<JobTable>().AddSingleton<MessageQueues>().AddSingleton<JobQueues>()
            .AddSingleton<GatherImages>().AddSingleton<FinishJob>().AddSingleton<EndIdleJob>()
            .AddSingleton<AcceptJob>().AddSingleton<WorkJob>()
            .BuildServiceProvider();
        await new CreateStorage(tables, blobs, queues).StartingAsync(default);
        await services.GetRequiredService<Ledger>().Open(Account, new Transfer(TransferKind.Grant, 100_000, "first"), default);
        // From now on this process knows the account's row.
        await Run(1);
    }

    [OneTimeTearDown]
    public async Task Close()
    {
        await services.DisposeAsync();
        await simulator.DisposeAsync();
    }

    [Test]
    public async Task A_lone_job_costs_a_transaction_for_each_of_its_steps()
    {
        count.Reset();
        for (var number = 0; number < BatchMax; number++) await Run(1);

        // It had a message of its own; in a busy lane sixteen share one.
        var cost = count.PerJob(BatchMax);
        cost["receive"] /= BatchMax;
        Print("alone", cost);
        Assert.That(
            cost.OrderBy(step => step.Key).Select(step => $"{step.Key} {step.Value:0.##}"),
            Is.EqualTo(new[] { "claim 1", "delete 1", "image 1", "message 1", "provenance 1", "receive 0.06", "transaction 2" }));
        Assert.That(cost.Where(step => step.Key != "provenance").Sum(step => step.Value), Is.LessThanOrEqualTo(6.1));
    }

    [Test]
    public async Task Of_16_jobs_at_once_the_transactions_are_shared()
    {
        const int Batches = 10;
        count.Reset();
        for (var batch = 0; batch < Batches; batch++) await Run(BatchMax);

        var cost = count.PerJob(BatchMax * Batches);
        Print("16 at once", cost);
        Assert.That(cost.Keys, Is.SubsetOf(new[] { "transaction", "message", "receive", "claim", "image", "provenance", "delete" }));
        Assert.That(cost.Where(step => step.Key != "provenance").Sum(step => step.Value), Is.LessThanOrEqualTo(4.7));
    }

    [Test]
    public async Task A_job_that_does_not_fit_in_its_message_costs_one_read_more()
    {
        count.Reset();
        await Run(1, new string('語', 20_000));
        Assert.That(count.PerJob(1)["read"], Is.EqualTo(1));
    }

    [Test]
    public async Task A_job_that_changed_since_its_message_was_sent_is_read_and_worked_on()
    {
        var job = await Accept("A red fox");
        var jobs = services.GetRequiredService<JobTable>();
        await jobs.TryChange((await jobs.Read(Account, job.Id, default))!, default);

        await WorkAll(1);

        Assert.That((await jobs.Read(Account, job.Id, default))!.Status, Is.EqualTo(JobStatus.Succeeded));
    }

    [Test]
    public async Task A_message_with_another_accounts_row_is_worked_on_as_what_it_names()
    {
        var row = new TableEntity("other", JobId.New(DateTimeOffset.UtcNow).RowKey) { ["Prompt"] = "x" };
        var message = new WorkMessage(Account.Value, JobId.New(DateTimeOffset.UtcNow).Value, RowText.Write(row, new ETag("x")));

        Assert.That(services.GetRequiredService<JobTable>().Told(message), Is.Null);
        await services.GetRequiredService<WorkJob>().RunStandard(message, default);
    }

    /// <summary>As callers, the host and the workers do it together.</summary>
    private async Task Run(int jobs, string prompt = "A red fox")
    {
        await Task.WhenAll(Enumerable.Range(0, jobs).Select(_ => Accept(prompt)));
        await WorkAll(jobs);
    }

    private async Task<Job> Accept(string prompt)
    {
        var request = new JobRequest { Prompt = prompt, Model = Catalogue.Load().Find("512")!, Num = 1 };
        var job = NewJob.From(Account, JobId.New(DateTimeOffset.UtcNow), request, null, DateTimeOffset.UtcNow);
        var accepted = await services.GetRequiredService<AcceptJob>().Take(job, null, default);
        return ((Acceptance.Accepted)accepted).Job;
    }

    private async Task WorkAll(int jobs)
    {
        var work = services.GetRequiredService<WorkJob>();
        var lane = services.GetRequiredService<QueueServiceClient>().GetQueueClient(StorageNames.StandardQueue);
        for (var left = jobs; left > 0;)
        {
            var messages = (await lane.ReceiveMessagesAsync(BatchMax)).Value;
            await Task.WhenAll(messages.Select(async message =>
            {
                await work.RunStandard(JsonSerializer.Deserialize<WorkMessage>(message.Body, Json.Options)!, default);
                await lane.DeleteMessageAsync(message.MessageId, message.PopReceipt);
            }));
            left -= messages.Length;
        }
    }

    private static void Print(string title, Dictionary<string, double> cost) => TestContext.Out.WriteLine(
        $"{title}: {string.Join(", ", cost.OrderBy(step => step.Key).Select(step => $"{step.Key} {step.Value:0.00}"))}, "
        + $"sum {cost.Values.Sum():0.00}");

    /// <summary>Counts what the clients send by what it is for.</summary>
    private sealed class CountByStep : HttpPipelinePolicy
    {
        private readonly ConcurrentDictionary<string, int> counts = new();

        public T In<T>(T options)
            where T : ClientOptions
        {
            options.AddPolicy(this, HttpPipelinePosition.PerRetry);
            return options;
        }

        public void Reset() => counts.Clear();

        public Dictionary<string, double> PerJob(int jobs) => counts.ToDictionary(step => step.Key, step => (double)step.Value / jobs);

        public override ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            counts.AddOrUpdate(StepOf(message.Request.Method.Method, message.Request.Uri.Path), 1, (_, so) => so + 1);
            return ProcessNextAsync(message, pipeline);
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

        private static string StepOf(string method, string path) => (method, path) switch
        {
            ("POST", _) when path.EndsWith("$batch", StringComparison.Ordinal) => "transaction",
            ("POST", _) when path.EndsWith("/messages", StringComparison.Ordinal) => "message",
            ("GET", _) when path.EndsWith("/messages", StringComparison.Ordinal) => "receive",
            ("DELETE", _) when path.Contains("/messages/", StringComparison.Ordinal) => "delete",
            ("PUT", _) when path.EndsWith(".json", StringComparison.Ordinal) => "provenance",
            ("PUT", _) when path.EndsWith(".png", StringComparison.Ordinal) => "image",
            ("PATCH" or "MERGE", _) => "claim",
            ("GET", _) => "read",
            _ => $"{method} {path}",
        };
    }
}
