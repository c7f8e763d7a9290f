using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Azure.Storage.Sas;
using Local.ImageApi;

namespace Pipeline.Tests.Faults;

/// <summary>The proxy of the fault suite: without faults nobody notices it, and each fault is what its name says.</summary>
public sealed class FaultyProxyTests
{
    private const int Seed = 7;

    private FaultyNetwork network = null!;
    private Simulator imageApi = null!;
    private string direct = null!;
    private string storage = null!;
    private HttpClient api = null!;

    [SetUp]
    public async Task Start()
    {
        imageApi = await Simulator.Start(new SimulatorOptions { Port = 0, Latency = 0, SmallImages = true }, CancellationToken.None);
        network = new FaultyNetwork(Seed);
        direct = Storage.NewAccount();
        var settings = (await network.Between(direct, imageApi.Url)).ToDictionary(setting => setting.Name, setting => setting.Value);
        storage = settings["AzureWebJobsStorage"];
        api = new HttpClient { BaseAddress = new Uri(settings["ImageApi__BaseUrl"]) };
        api.DefaultRequestHeaders.Authorization = new("Bearer", SimulatorOptions.DefaultKey);
    }

    [TearDown]
    public async Task Stop()
    {
        api.Dispose();
        await network.DisposeAsync();
        await imageApi.DisposeAsync();
    }

    [Test]
    public async Task Blobs_of_any_size_and_name_pass_in_both_directions_and_signatures_stay_good()
    {
        var container = new BlobContainerClient(storage, "outputs");
        await container.CreateAsync();
        var content = new byte[40 << 20];
        new Random(Seed).NextBytes(content);
        var blob = container.GetBlobClient("a folder/ünïcode~'(1)+%.png");

        await blob.UploadAsync(BinaryData.FromBytes(content));
        var downloaded = await blob.DownloadContentAsync();
        using var anybody = new HttpClient();
        var signed = await anybody.GetByteArrayAsync(blob.GenerateSasUri(BlobSasPermissions.Read, DateTimeOffset.UtcNow.AddHours(1)));

        Assert.That(downloaded.Value.Content.ToMemory().Span.SequenceEqual(content));
        Assert.That(signed.AsSpan().SequenceEqual(content));
        Assert.That((await new BlobContainerClient(direct, "outputs").GetBlobClient(blob.Name).GetPropertiesAsync()).Value.ContentLength,
            Is.EqualTo(content.Length));
        Assert.That(network.Blobs.Requests, Is.GreaterThanOrEqualTo(4));
    }

    [Test]
    public async Task Table_batches_queries_and_refusals_pass()
    {
        var table = new TableClient(storage, "ledger");
        await table.CreateIfNotExistsAsync();
        var rows = Enumerable.Range(0, 100).Select(n => new TableEntity("o'p", $"row~{n:D3}") { ["Text"] = "ünïcode" }).ToList();

        await table.SubmitTransactionAsync(rows.Select(row => new TableTransactionAction(TableTransactionActionType.Add, row)));
        var again = Assert.ThrowsAsync<TableTransactionFailedException>(() => table.SubmitTransactionAsync(
            [new TableTransactionAction(TableTransactionActionType.Add, rows[0])]));
        var read = new List<string?>();
        await foreach (var row in table.QueryAsync<TableEntity>("PartitionKey eq 'o''p'", maxPerPage: 30)) read.Add(row.GetString("Text"));

        Assert.That((again!.Status, again.ErrorCode), Is.EqualTo((409, "EntityAlreadyExists")));
        Assert.That(read, Has.Count.EqualTo(100).And.All.EqualTo("ünïcode"));
    }

    [Test]
    public async Task Messages_and_answers_of_the_image_API_pass()
    {
        var queue = new QueueClient(storage, "images");
        await queue.CreateAsync();
        await queue.SendMessageAsync("a cat & a <mat>");
        var message = (await queue.ReceiveMessageAsync()).Value;
        await queue.DeleteMessageAsync(message.MessageId, message.PopReceipt);
        using var answer = await Generate("a cat");
        var url = await UrlIn(answer);

        Assert.That(message.Body.ToString(), Is.EqualTo("a cat & a <mat>"));
        Assert.That(url.Authority, Is.EqualTo(api.BaseAddress!.Authority), "so that the image comes over the proxy, too");
        Assert.That((await api.GetByteArrayAsync(url)).AsSpan(1, 3).SequenceEqual("PNG"u8));
        Assert.That((await api.GetAsync(new Uri("files/none.png", UriKind.Relative))).StatusCode, Is.EqualTo(HttpStatusCode.NotFound));
        Assert.That(async () => (await Generate("a dog [[fault:reset]]")).Dispose(), Throws.InstanceOf<HttpRequestException>(),
            "what the server breaks off is broken off");
    }

    [TestCase(NetworkFault.Reset, 0)]
    [TestCase(NetworkFault.LostAnswer, 1)]
    public async Task A_request_that_is_reset_never_arrives_and_one_whose_answer_is_lost_does(NetworkFault fault, int calls)
    {
        network.ImageApi.SetFaults(1, fault);

        Assert.That(async () => (await Generate("a cat")).Dispose(), Throws.InstanceOf<HttpRequestException>());

        Assert.That(imageApi.Stats.Calls, Is.EqualTo(calls));
        Assert.That(network.ImageApi.Faults[fault], Is.EqualTo(1));
        Assert.That(network.ImageApi.Faults.Values.Sum(), Is.EqualTo(1));
    }

    [TestCase(NetworkFault.Latency, 100)]
    [TestCase(NetworkFault.Limit, 300)]
    public async Task An_answer_may_come_late_or_slowly_and_is_whole(NetworkFault fault, int millisecondsMin)
    {
        using var first = await Generate("a cat");
        var url = await UrlIn(first);
        var whole = await api.GetByteArrayAsync(url);
        network.ImageApi.SetFaults(1, fault);
        var watch = Stopwatch.StartNew();

        var image = await api.GetByteArrayAsync(url);

        Assert.That(watch.ElapsedMilliseconds, Is.GreaterThanOrEqualTo(millisecondsMin));
        Assert.That(image, Is.EqualTo(whole));
    }

    [Test]
    public async Task A_connection_that_closes_slowly_gives_its_answer_and_fails_the_next_request_on_it()
    {
        network.ImageApi.SetFaults(1, NetworkFault.SlowClose);
        using var first = await Generate("a cat");
        network.ImageApi.SetFaults(0);

        Assert.That(first.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(async () => (await Generate("a dog")).Dispose(), Throws.InstanceOf<HttpRequestException>());
        Assert.That(imageApi.Stats.Calls, Is.EqualTo(1));
        (await Generate("a dog")).Dispose();
    }

    [Test]
    public async Task A_share_of_the_requests_meets_faults_and_the_same_seed_gives_the_same_ones()
    {
        var other = new FaultDice(Seed);
        var dice = new FaultDice(Seed);
        foreach (var each in (FaultDice[])[dice, other]) each.Set(0.05, Enum.GetValues<NetworkFault>());
        var faults = Enumerable.Range(0, 10_000).Select(_ => dice.Next()).ToList();

        Assert.That(faults.Count(fault => fault is not null), Is.InRange(400, 600));
        Assert.That(dice.Counts.Values, Has.All.InRange(50, 150));
        Assert.That(faults, Is.EqualTo(Enumerable.Range(0, 10_000).Select(_ => other.Next())));
        network.ImageApi.SetFaults(0.5, NetworkFault.Latency);
        foreach (var n in Enumerable.Range(0, 20)) (await Generate($"a cat {n}")).Dispose();
        Assert.That(network.ImageApi.Faults[NetworkFault.Latency], Is.InRange(2, 18));
    }

    [TestCase(TripAt.Before)]
    [TestCase(TripAt.After)]
    public async Task A_tripwire_springs_once_before_or_after_the_servers_work(TripAt at)
    {
        var table = new TableClient(storage, "ledger", new TableClientOptions { Retry = { MaxRetries = 0 } });
        await table.CreateIfNotExistsAsync();
        var seen = 0;
        var tripwire = network.Tables.Trip(
            request => request.Path.EndsWith("/$batch", StringComparison.Ordinal)
                && request.Body.Contains("\"RowKey\":\"2\"", StringComparison.Ordinal),
            at,
            async () => seen = await Count());

        await Add("1");
        Assert.That(tripwire.Sprung.IsCompleted, Is.False);
        Assert.That(() => Add("2"), Throws.InstanceOf<RequestFailedException>());
        await tripwire.Sprung;

        Assert.That(seen, Is.EqualTo(at == TripAt.Before ? 1 : 2));
        Assert.That(await Count(), Is.EqualTo(seen));
        if (at == TripAt.Before) Assert.That(() => Add("2"), Throws.Nothing, "only the first");

        Task Add(string key) => table.SubmitTransactionAsync(
            [new TableTransactionAction(TableTransactionActionType.Add, new TableEntity("p", key))]);

        async Task<int> Count()
        {
            var count = 0;
            await foreach (var _ in new TableClient(direct, "ledger").QueryAsync<TableEntity>("PartitionKey eq 'p'")) count++;
            return count;
        }
    }

    [Test]
    public async Task An_outage_breaks_what_is_under_way_and_all_that_comes_until_it_is_mended()
    {
        var slow = Generate("a cat [[slow:30]]");
        await Until(() => imageApi.Stats.InFlight == 1);

        network.ImageApi.Cut();

        Assert.That(async () => (await slow).Dispose(), Throws.InstanceOf<HttpRequestException>());
        Assert.That(async () => (await Generate("a dog")).Dispose(), Throws.InstanceOf<HttpRequestException>());
        network.ImageApi.Mend();
        using var answer = await Generate("a dog");
        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(imageApi.StatsOf("a dog").Calls, Is.EqualTo(1));
    }

    private static async Task Until(Func<bool> isSo)
    {
        for (var tries = 0; !isSo(); tries++)
        {
            Assert.That(tries, Is.LessThan(500));
            await Task.Delay(20);
        }
    }

    private Task<HttpResponseMessage> Generate(string prompt) => api.PostAsync(
        new Uri("v1/images/generate", UriKind.Relative),
        JsonContent.Create(new { prompt, model = "gemini-3.1-flash-image-preview-512" }));

    private static async Task<Uri> UrlIn(HttpResponseMessage answer) =>
        new((await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").GetProperty("url").GetString()!);
}
