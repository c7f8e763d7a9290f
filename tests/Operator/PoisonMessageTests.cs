using System.Text;
using System.Text.Json;
using Azure.Storage.Queues.Models;
using Local.Up;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Operator;
using Pipeline.Storage;

namespace Pipeline.Tests.Operator;

/// <summary>What is read from a poison message, what is kept of it, and how its job ends.</summary>
public sealed class PoisonMessageTests
{
    private const string Job = "job_01m82b1mjcs76cjagt8m64atfn";

    private static readonly string[] Queues = [StorageNames.StandardQueue, StorageNames.AdvanceQueue, StorageNames.WebhooksQueue];

    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Test]
    public void The_hosts_copy_of_a_message_leads_to_its_job()
    {
        var read = PoisonMessage.Read(StorageNames.StandardQueue, Base64($$"""{"account":"demo","job":"{{Job}}"}"""));

        Assert.That(read, Is.EqualTo(new PoisonTarget(AccountId.Parse("demo"), JobId.Parse(Job), null)));
    }

    [Test]
    public void So_does_that_of_a_manifest()
    {
        const string Manifest = "mf_01m82b1mjcs76cjagt8m64atfn";
        Assert.That(ManifestId.TryParse(Manifest, out var id));

        var read = PoisonMessage.Read(StorageNames.AdvanceQueue, Base64($$"""{"account":"demo","manifest":"{{Manifest}}","turn":3}"""));

        Assert.That(read, Is.EqualTo(new PoisonTarget(AccountId.Parse("demo"), null, id)));
    }

    [Test]
    public void And_that_of_a_delivery()
    {
        var id = DeliveryId.Of(EventId.New(7), DeliveryTarget.Own);

        var read = PoisonMessage.Read(
            StorageNames.WebhooksQueue, Base64($$"""{"account":"demo","delivery":"{{id}}","endpoint":"demo","turn":3}"""));

        Assert.That(read, Is.EqualTo(new PoisonTarget(AccountId.Parse("demo"), Delivery: id) { Turn = 3 }));
    }

    [TestCase("")]
    [TestCase("not base64!")]
    [TestCase("{\"account\":\"demo\",\"job\":\"" + Job + "\"}", Description = "Not encoded, so no worker could read it.")]
    [TestCase("bnVsbA==", Description = "null")]
    [TestCase("W10=", Description = "[]")]
    [TestCase("bm90IGpzb24=", Description = "not json")]
    public void What_no_worker_can_read_leads_to_none(string body) =>
        Assert.That(Queues.Select(queue => PoisonMessage.Read(queue, body)), Is.All.Null);

    [TestCase("""{}""")]
    [TestCase("""{"account":"demo"}""")]
    [TestCase("""{"account":"De mo","job":"job_01m82b1mjcs76cjagt8m64atfn"}""")]
    [TestCase("""{"account":"demo","job":"job_1"}""")]
    [TestCase("""{"account":7,"job":"job_01m82b1mjcs76cjagt8m64atfn"}""")]
    public void Ids_that_are_none_lead_to_none(string json) =>
        Assert.That(Queues.Select(queue => PoisonMessage.Read(queue, Base64(json))), Is.All.Null);

    [TestCase(8192, true)]
    [TestCase(8193, false)]
    public void Of_a_long_body_the_beginning_is_kept_and_only_a_whole_one_can_be_sent_back(int length, bool isWhole)
    {
        var kept = PoisonMessage.FromRow(Of(new string('x', length), PoisonReason.Unreadable, Now).ToRow());

        Assert.That((kept.Body!.Length, kept.BodyLength, kept.IsWhole), Is.EqualTo((8192, length, isWhole)));
    }

    [Test]
    public void Of_a_message_that_can_be_read_only_the_ids_are_kept() =>
        Assert.That(Of("x", PoisonReason.JobEnded, Now).ToRow().Keys, Does.Not.Contain("Body"));

    [Test]
    public void A_message_comes_back_from_its_row_as_it_was()
    {
        var message = Of("x", PoisonReason.Unreadable, Now);

        Assert.That(PoisonMessage.FromRow(message.ToRow()), Is.EqualTo(message));
    }

    [Test]
    public void The_newest_sorts_first_and_the_same_message_has_the_same_key()
    {
        var older = Of("x", PoisonReason.JobEnded, Now);
        var newer = Of("x", PoisonReason.JobEnded, Now.AddSeconds(1));

        Assert.That(string.CompareOrdinal(newer.RowKey, older.RowKey), Is.Negative);
        Assert.That(Of("x", PoisonReason.JobDone, Now).RowKey, Is.EqualTo(older.RowKey));
    }

    [TestCase(0, null, 0, JobStatus.Failed, "upstream_unavailable", "nothing is charged")]
    [TestCase(1, "a claim", 0, JobStatus.Failed, "outcome_unknown", "nothing is charged")]
    [TestCase(1, "a claim", 1, JobStatus.PartiallySucceeded, "outcome_unknown", "only what is stored is charged, 1 of 2 images")]
    [TestCase(2, null, 1, JobStatus.PartiallySucceeded, "upstream_unavailable", "only what is stored is charged, 1 of 2 images")]
    [TestCase(2, "a claim", 2, JobStatus.Succeeded, null, null)]
    public void A_job_ends_with_what_it_has_and_says_whether_the_image_API_may_have_been_called(
        int attempts, string? claim, int stored, JobStatus status, string? code, string? says)
    {
        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Default, Num = 2 };
        var job = NewJob.From(AccountId.Parse("demo"), JobId.Parse(Job), request, null, Now) with
        {
            Attempts = attempts,
            Claim = claim,
            Images = [.. Enumerable.Range(0, stored).Select(index => new StoredImage(index, $"{index}.png", "image/png", 1, 1, 1, ""))],
        };

        var finish = EndIdleJob.Poisoned(job);

        Assert.That((finish.Status, finish.Error?.Code), Is.EqualTo((status, code)));
        if (says is not null) Assert.That(finish.Error!.Detail, Does.Contain(says).And.Contain("5 tries"));
    }

    [Test]
    public void The_host_tries_as_often_as_the_error_says()
    {
        using var host = JsonDocument.Parse(File.ReadAllText(Checkout.PathTo("host.json")));
        var queues = host.RootElement.GetProperty("extensions").GetProperty("queues");

        Assert.That(queues.GetProperty("maxDequeueCount").GetInt32(), Is.EqualTo(EndIdleJob.DeliveriesMax));
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static PoisonMessage Of(string body, PoisonReason reason, DateTimeOffset failedAt)
    {
        var message = QueuesModelFactory.QueueMessage("7f1c", "receipt", body, 1, null, failedAt);
        var target = new PoisonTarget(AccountId.Parse("demo"), JobId.Parse(Job), null);
        return PoisonMessage.Of(StorageNames.StandardQueue, message, target, reason, "why", Now);
    }
}
