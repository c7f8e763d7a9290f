using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Storage;

namespace Pipeline.Tests.Manifests;

/// <summary>Lines are appended once, whoever crashed after writing them.</summary>
public sealed class ResultFilesTests
{
    private static readonly Manifest Manifest = NewManifest();

    private BlobContainerClient outputs = null!;
    private ResultFiles files = null!;

    [SetUp]
    public async Task Open()
    {
        var blobs = new BlobServiceClient(Tests.Storage.NewAccount());
        outputs = blobs.GetBlobContainerClient(StorageNames.OutputsContainer);
        await outputs.CreateAsync();
        files = new ResultFiles(blobs);
    }

    [Test]
    public async Task Lines_follow_each_other()
    {
        var known = await files.Append(Manifest, Canceled(0, 1), default);
        await files.Append(With(known), Canceled(2), default);

        Assert.That(await Places(), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public async Task What_a_turn_wrote_and_did_not_count_is_not_written_again()
    {
        var known = await files.Append(Manifest, Canceled(0), default);
        await files.Append(With(known), Canceled(1, 2), default);

        var again = await files.Append(With(known), Canceled(1, 2, 3), default);

        Assert.That(await Places(), Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(again.Errors, Is.EqualTo((await Errors.GetPropertiesAsync()).Value.ContentLength));
    }

    [Test]
    public async Task Of_turns_at_once_each_line_is_there_once()
    {
        var turns = Enumerable.Range(0, 8).Select(_ => files.Append(Manifest, Canceled(0, 1, 2), default));
        await Task.WhenAll(turns);

        Assert.That(await Places(), Is.EqualTo(new[] { 0, 1, 2 }));
    }

    [Test]
    public async Task If_somebody_deleted_the_file_what_comes_then_is_kept()
    {
        var known = await files.Append(Manifest, Canceled(0), default);
        await Errors.DeleteAsync();

        await files.Append(With(known), Canceled(1), default);

        Assert.That(await Places(), Is.EqualTo(new[] { 1 }));
    }

    private BlobClient Errors => outputs.GetBlobClient(ManifestBlobs.Errors(Manifest));

    private async Task<int[]> Places()
    {
        var text = (await Errors.DownloadContentAsync()).Value.Content.ToString();
        return [.. text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonElement.Parse(line).GetProperty("index").GetInt32())];
    }

    private static Manifest With((long Results, long Errors) bytes) => Manifest with
    {
        Progress = Manifest.Progress with { ResultsBytes = bytes.Results, ErrorsBytes = bytes.Errors },
    };

    private static Job[] Canceled(params int[] places) =>
    [
        .. places.Select(place => NewJob.From(
            Manifest.Account, Manifest.Job(place), new JobRequest { Prompt = $"Tile {place}", Model = Catalogue.Load().Default },
            Manifest.Id.Value, Manifest.CreatedAt) with
        {
            Status = JobStatus.Canceled,
            InFile = new FilePlace(place + 1, place),
        }),
    ];

    private static Manifest NewManifest()
    {
        var file = new ManifestFile("demo/tiles.jsonl", new ETag("\"0x1\""), new DateTimeOffset(2026, 11, 23, 12, 0, 0, TimeSpan.Zero), 1);
        return new Manifest
        {
            Account = AccountId.Parse("demo"),
            Id = ManifestId.Of(file),
            Name = "tiles",
            State = ManifestState.Running,
            File = file,
        };
    }
}
