using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Local.Up;
using Microsoft.Extensions.Configuration;
using Pipeline.Storage;

namespace Pipeline.Tests.Tables;

/// <summary>What the ledger takes for granted of the client's own tries: how a lost answer is met, and that they end.</summary>
public sealed class RetryContractTests
{
    [Test]
    public async Task A_row_whose_answer_was_lost_is_there_and_is_met_as_a_conflict_with_oneself()
    {
        var table = await TestTable.Through(new LosesAnAnswer());

        var refusal = TestTable.Refusal(() => table.AddEntityAsync(new TableEntity("account", "row")));

        Assert.That((refusal.Status, refusal.ErrorCode), Is.EqualTo((409, "EntityAlreadyExists")));
        Assert.That(await table.Rows(), Has.Count.EqualTo(1));
    }

    /// <summary>So the ledger, whose account's row is the first, knows that another's place was no earlier try of its own.</summary>
    [Test]
    public async Task A_transaction_whose_answer_was_lost_is_met_at_the_first_row_that_its_ETag_guards()
    {
        var losing = new LosesAnAnswer { Waits = true };
        var table = await TestTable.Through(losing);
        var etag = (await table.AddEntityAsync(new TableEntity("account", "account"))).Headers.ETag!.Value;
        losing.Waits = false;

        var failure = Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
            [new(TableTransactionActionType.UpdateMerge, new TableEntity("account", "account"), etag), TestTable.Add("entry")]))!;

        Assert.That((failure.FailedTransactionActionIndex, failure.Status), Is.EqualTo(((int?)0, 412)));
        Assert.That(await table.Rows(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_transaction_is_tried_again_with_all_its_rows()
    {
        var table = await TestTable.Through(new LosesAnAnswer());

        var answer = await table.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpsertMerge, new TableEntity("account", "1")),
            new(TableTransactionActionType.UpsertMerge, new TableEntity("account", "2")),
        ]);

        Assert.That(answer.Value, Has.Count.EqualTo(2));
    }

    [Test]
    public void The_apps_own_client_tries_six_times_in_some_seconds_and_then_says_that_the_outcome_is_unknown()
    {
        var nobody = $"http://127.0.0.1:{FreePorts.Find()}/app";
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new(
            "AzureWebJobsStorage",
            $"AccountName=app;AccountKey=a2V5;TableEndpoint={nobody};BlobEndpoint={nobody};QueueEndpoint={nobody}")]).Build();
        var table = StorageClients.From(configuration, new Settings(configuration))!.Tables.GetTableClient("ledger");
        var begin = TimeProvider.System.GetTimestamp();

        var failure = Assert.CatchAsync(() => table.SubmitTransactionAsync([TestTable.Add("row")]))!;

        Assert.That(((AggregateException)failure).InnerExceptions, Has.Count.EqualTo(6));
        Assert.That(StorageFault.IsUnknownOutcome(failure), Is.True);
        var taken = TimeProvider.System.GetElapsedTime(begin);
        Assert.That(taken, Is.GreaterThan(TimeSpan.FromSeconds(4)).And.LessThan(TimeSpan.FromSeconds(20)));
    }

    /// <summary>Lets a request through to the service, then breaks the connection.</summary>
    private sealed class LosesAnAnswer : HttpPipelinePolicy
    {
        private bool lost;

        /// <summary>Not yet.</summary>
        public bool Waits { get; set; }

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (lost || Waits) return;
            lost = true;
            throw new IOException("The connection broke before the answer came.");
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }
}
