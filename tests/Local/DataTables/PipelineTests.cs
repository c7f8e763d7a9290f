using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

/// <summary>The client runs on Azure.Core's pipeline: retries, added policies, request ids, transports.</summary>
public sealed class PipelineTests
{
    private readonly string account = Storage.NewAccount();
    private TableClient table = null!;

    [OneTimeSetUp]
    public async Task Start()
    {
        table = new TableClient(account, "ledger");
        await table.CreateAsync();
    }

    [TestCase(HttpPipelinePosition.PerCall, 1)]
    [TestCase(HttpPipelinePosition.PerRetry, 2)]
    public async Task An_added_policy_is_run(HttpPipelinePosition position, int times)
    {
        var counts = new Watches();
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(counts, position);
        options.AddPolicy(new LosesFirstAnswer(), HttpPipelinePosition.BeforeTransport);

        await new TableClient(account, table.Name, options).UpsertEntityAsync(new TableEntity("policy", $"{position}"));

        Assert.That(counts.Requests, Is.EqualTo(times));
    }

    [Test]
    public async Task A_lost_answer_is_retried_and_a_policy_around_the_call_sees_it()
    {
        var watches = new Watches();
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(watches, HttpPipelinePosition.PerCall);
        options.AddPolicy(new LosesFirstAnswer(), HttpPipelinePosition.BeforeTransport);
        var unlucky = new TableClient(account, table.Name, options);

        var refusal = Account.Refusal(() => unlucky.AddEntityAsync(new TableEntity("lost", "row")));

        Assert.That((refusal.Status, watches.RetryNumber), Is.EqualTo((409, 1)));
        Assert.That((await table.GetEntityIfExistsAsync<TableEntity>("lost", "row")).HasValue, Is.True);
    }

    [Test]
    public async Task A_lost_answer_to_a_transaction_is_retried_with_the_same_body()
    {
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(new LosesFirstAnswer(), HttpPipelinePosition.BeforeTransport);
        var unlucky = new TableClient(account, table.Name, options);

        var answer = await unlucky.SubmitTransactionAsync(
        [
            new(TableTransactionActionType.UpsertMerge, new TableEntity("lost", "1")),
            new(TableTransactionActionType.UpsertMerge, new TableEntity("lost", "2")),
        ]);

        Assert.That(answer.Value, Has.Count.EqualTo(2));
    }

    [Test]
    public void Each_try_is_signed_anew()
    {
        var options = new TableClientOptions { Retry = { Delay = TimeSpan.Zero } };
        options.AddPolicy(new LosesFirstAnswer(andTheSignature: true), HttpPipelinePosition.BeforeTransport);

        Assert.That(() => new TableClient(account, table.Name, options).UpsertEntityAsync(new TableEntity("sign", "row")), Throws.Nothing);
    }

    [Test]
    public void A_wrong_key_is_refused()
    {
        var wrong = new TableClient(table.Uri, table.Name, new TableSharedKeyCredential(table.AccountName, "d3Jvbmc="));
        Assert.That(Account.Refusal(() => wrong.GetEntityAsync<TableEntity>("account", "row")).Status, Is.EqualTo(403));
    }

    [Test]
    public async Task The_clients_request_id_comes_back_also_from_the_actions_of_a_transaction()
    {
        using var scope = HttpPipeline.CreateClientRequestIdScope("job-42");
        var answer = await table.SubmitTransactionAsync([new(TableTransactionActionType.UpsertMerge, new TableEntity("ids", "row"))]);
        Assert.That((answer.GetRawResponse().ClientRequestId, answer.Value[0].ClientRequestId), Is.EqualTo(("job-42", "job-42")));
    }

    [Test]
    public void A_canceled_call_is_not_made()
    {
        var canceled = new CancellationToken(canceled: true);
        Func<Task>[] calls =
        [
            () => table.AddEntityAsync(new TableEntity("cancel", "row"), canceled),
            () => table.GetEntityIfExistsAsync<TableEntity>("cancel", "row", cancellationToken: canceled),
            () => table.SubmitTransactionAsync([Account.Add("canceled")], canceled),
            () => table.DeleteAsync(canceled),
        ];
        foreach (var call in calls) Assert.That(call, Throws.InstanceOf<OperationCanceledException>());
    }

    [Test]
    public async Task A_token_credential_is_asked_for_the_scope_of_storage()
    {
        var credential = new OneToken();
        using var service = new Records();
        using var client = new HttpClient(service);
        var options = new TableClientOptions { Transport = new HttpClientTransport(client) };
        var remote = new TableClient(new Uri("https://pipeline.table.core.windows.net"), "ledger", credential, options);

        await remote.UpsertEntityAsync(new TableEntity("account", "row"));

        Assert.That(credential.Scopes, Is.EqualTo((string[])["https://storage.azure.com/.default"]));
        Assert.That(service.Authorization, Is.EqualTo("Bearer token-1"));
    }

    private sealed class Watches : HttpPipelineSynchronousPolicy
    {
        public int Requests { get; private set; }

        public int RetryNumber { get; private set; }

        public override void OnSendingRequest(HttpMessage message) => Requests++;

        public override void OnReceivedResponse(HttpMessage message) => RetryNumber = message.ProcessingContext.RetryNumber;
    }

    /// <summary>Lets the first request through to the service, then breaks the connection.</summary>
    private sealed class LosesFirstAnswer(bool andTheSignature = false) : HttpPipelinePolicy
    {
        private bool lost;

        public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
        {
            await ProcessNextAsync(message, pipeline);
            if (lost) return;
            lost = true;
            if (andTheSignature) message.Request.Headers.SetValue("Authorization", "SharedKeyLite nobody:nothing");
            throw new IOException("The connection broke before the answer came.");
        }

        public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
    }

    private sealed class OneToken : TokenCredential
    {
        public string[] Scopes { get; private set; } = [];

        public override AccessToken GetToken(TokenRequestContext requestContext, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public override ValueTask<AccessToken> GetTokenAsync(TokenRequestContext requestContext, CancellationToken cancellationToken)
        {
            Scopes = requestContext.Scopes;
            return new(new AccessToken("token-1", DateTimeOffset.MaxValue));
        }
    }

    private sealed class Records : HttpMessageHandler
    {
        public string? Authorization { get; private set; }

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Authorization = request.Headers.Authorization?.ToString();
            return Task.FromResult(new HttpResponseMessage(System.Net.HttpStatusCode.NoContent));
        }
    }
}
