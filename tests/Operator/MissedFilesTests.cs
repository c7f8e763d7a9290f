using Azure.Storage.Blobs;
using Microsoft.Extensions.DependencyInjection;
using Pipeline.Accounts;
using Pipeline.Credits;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Messages;
using Pipeline.Storage;

namespace Pipeline.Tests.Operator;

/// <summary>Files whose event never comes: no app runs here, so nobody hears of them.</summary>
public sealed class MissedFilesTests
{
    private static readonly AccountId Account = AccountId.Parse("demo");

    private ServiceProvider services = null!;
    private BlobContainerClient files = null!;
    private Clock clock = null!;

    [SetUp]
    public async Task Open_an_account()
    {
        var storage = Tests.Storage.NewAccount();
        clock = new Clock();
        var clients = (Tables: new Azure.Data.Tables.TableServiceClient(storage), Blobs: new BlobServiceClient(storage),
            Queues: new Azure.Storage.Queues.QueueServiceClient(storage));
        services = new ServiceCollection().AddLogging()
            .AddSingleton<TimeProvider>(clock).AddSingleton(Random.Shared)
            .AddSingleton(clients.Tables).AddSingleton(clients.Blobs).AddSingleton(clients.Queues)
            .AddSingleton(new JobOptions()).AddSingleton<Ledger>().AddSingleton<ManifestTable>()
            .AddSingleton<MessageQueues>().AddSingleton<ManifestTurns>()
            .AddSingleton<ListFiles>().AddSingleton<RegisterManifest>().AddSingleton<RegisterMissedFiles>().AddSingleton<ReceiveFile>()
            .BuildServiceProvider();
        await new CreateStorage(clients.Tables, clients.Blobs, clients.Queues).StartingAsync(default);
        await services.GetRequiredService<Ledger>().Open(Account, new Transfer(TransferKind.Grant, 100, "first"), default);
        files = clients.Blobs.GetBlobContainerClient(StorageNames.ManifestsContainer);
    }

    [TearDown]
    public async Task Close() => await services.DisposeAsync();

    [Test]
    public async Task A_file_that_is_a_minute_old_becomes_a_manifest_once()
    {
        await Drop("demo/cats.json");

        Assert.That(await List(), Is.Zero, "its event may be on its way");
        clock.Offset = TimeSpan.FromMinutes(2);
        Assert.That((await List(), await List()), Is.EqualTo((1, 0)));
    }

    [Test]
    public async Task The_event_of_a_file_that_was_deleted_since_does_nothing() => await services.GetRequiredService<ReceiveFile>()
        .Run(files.GetBlobClient("demo/cats.json"), default);

    [Test]
    public async Task A_file_whose_event_came_is_known_and_a_second_event_does_nothing()
    {
        await Drop("demo/cats.json");
        var receive = services.GetRequiredService<ReceiveFile>();
        await receive.Run(files.GetBlobClient("demo/cats.json"), default);
        await receive.Run(files.GetBlobClient("demo/cats.json"), default);
        clock.Offset = TimeSpan.FromMinutes(2);

        Assert.That(await List(), Is.Zero);
        Assert.That(await Turns(), Is.EqualTo(1));
    }

    [Test]
    public async Task Each_version_of_a_file_is_one_of_its_own()
    {
        clock.Offset = TimeSpan.FromMinutes(2);
        await Drop("demo/cats.json");
        Assert.That(await List(), Is.EqualTo(1));
        await Drop("demo/cats.json");

        Assert.That(await List(), Is.EqualTo(1));
    }

    [Test]
    public async Task Files_of_nobody_wait_for_their_account_and_stop_no_others()
    {
        clock.Offset = TimeSpan.FromMinutes(2);
        string[] names = ["cats.json", "De Mo/cats.json", "aaa/cats.json", "demo-2/cats.json", "demo/cats.json", "zzz/cats.json"];
        foreach (var name in names) await Drop(name);

        Assert.That(await List(), Is.EqualTo(1));
        await services.GetRequiredService<Ledger>().Open(AccountId.Parse("zzz"), new Transfer(TransferKind.Grant, 1, "first"), default);
        Assert.That(await List(AccountId.Parse("zzz")), Is.EqualTo(1));
    }

    private async Task Drop(string name) => await files.GetBlobClient(name).UploadAsync(BinaryData.FromString("[]"), overwrite: true);

    private Task<int> List(params AccountId[] more) =>
        services.GetRequiredService<RegisterMissedFiles>().Run(new HashSet<AccountId>([Account, .. more]), default);

    private async Task<int> Turns() => (await services.GetRequiredService<Azure.Storage.Queues.QueueServiceClient>()
        .GetQueueClient(StorageNames.AdvanceQueue).GetPropertiesAsync()).Value.ApproximateMessagesCount;

    /// <summary>The real time, and more.</summary>
    private sealed class Clock : TimeProvider
    {
        public TimeSpan Offset { get; set; }

        public override DateTimeOffset GetUtcNow() => DateTimeOffset.UtcNow + Offset;
    }
}
