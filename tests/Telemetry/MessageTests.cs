using System.Diagnostics;
using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry;
using OpenTelemetry.Trace;
using Pipeline.Accounts;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.Manifests;
using Pipeline.Messages;
using Pipeline.Storage;

namespace Pipeline.Tests.Telemetry;

/// <summary>A message belongs to the trace of what it is about, whoever sends it and when.</summary>
public sealed class MessageTests
{
    private const string Trace = "0af7651916cd43dd8448eb211c80319c";
    private const string Parent = $"00-{Trace}-b7ad6b7169203331-01";

    private static readonly AccountId Account = AccountId.Parse("studio");
    private static readonly DateTimeOffset Now = new(2026, 11, 28, 12, 0, 0, TimeSpan.Zero);

    private readonly MovedTime time = new();
    private MessageQueues queues = null!;
    private string storage = "";

    [SetUp]
    public async Task Make_the_queues()
    {
        storage = Tests.Storage.NewAccount();
        var options = new QueueClientOptions { MessageEncoding = QueueMessageEncoding.Base64 };
        queues = new MessageQueues(new QueueServiceClient(storage, options), time);
        foreach (var queue in StorageNames.Queues) await queues.Named(queue).CreateAsync();
    }

    [Test]
    public async Task What_the_sweeper_sends_for_a_job_is_of_the_jobs_trace_and_linked_to_the_sweep()
    {
        var spans = new List<Activity>();
        using var exporter = Sdk.CreateTracerProviderBuilder().AddSource("Pipeline").AddInMemoryExporter(spans).Build();
        using var sweep = new Activity("sweep").Start();

        await new JobQueues(queues).Send(Job(), TimeSpan.Zero, default);

        var message = await Sent<WorkMessage>(StorageNames.StandardQueue);
        Assert.That(message.TraceParent, Does.StartWith($"00-{Trace}-").And.Not.EqualTo(Parent));
        var span = spans.Single(span => span.Id == message.TraceParent);
        Assert.That((span.ParentSpanId.ToHexString(), span.Kind), Is.EqualTo(("b7ad6b7169203331", ActivityKind.Producer)));
        Assert.That(span.Links.Single().Context, Is.EqualTo(sweep.Context));
        Assert.That(Activity.Current, Is.SameAs(sweep));
    }

    [Test]
    public async Task Also_where_nothing_is_recorded_the_trace_goes_along()
    {
        await new JobQueues(queues).Send(Job() with { Trace = $"00-{Trace}-b7ad6b7169203331-00" }, TimeSpan.Zero, default);

        Assert.That((await Sent<WorkMessage>(StorageNames.StandardQueue)).TraceParent, Does.StartWith($"00-{Trace}-"));
    }

    [Test]
    public async Task A_message_that_is_sent_again_stays_in_its_trace()
    {
        var message = new WorkMessage("studio", "job_1") { TraceParent = Parent };
        await new JobQueues(queues).SendAgain(message, new Lane(IsLarge: true, IsBulk: false), TimeSpan.Zero, default);
        await new ManifestTurns(queues).SendAgain(new AdvanceMessage("studio", "mf_1", 1) { TraceParent = Parent }, TimeSpan.Zero, default);
        await new DeliveryMessages(queues, NullLogger<DeliveryMessages>.Instance).SendAgain(
            new DeliveryMessage("studio", "dlv_1", "own", 1) { TraceParent = Parent }, TimeSpan.Zero, default);

        Assert.That((await Sent<WorkMessage>(StorageNames.LargeQueue)).TraceParent, Does.StartWith($"00-{Trace}-"));
        Assert.That((await Sent<AdvanceMessage>(StorageNames.AdvanceQueue)).TraceParent, Does.StartWith($"00-{Trace}-"));
        Assert.That((await Sent<DeliveryMessage>(StorageNames.WebhooksQueue)).TraceParent, Does.StartWith($"00-{Trace}-"));
    }

    [Test]
    public async Task What_the_sweeper_sends_for_a_delivery_is_of_its_events_trace()
    {
        var happened = new Event(Account, EventId.New(1), EventTypes.CreditsLow, Now, []) { Trace = Parent };
        var delivery = Pipeline.Events.Delivery.FromRow(Pipeline.Events.Delivery.Of(happened, DeliveryTarget.Endpoint, null).ToRow());

        await new DeliveryMessages(queues, NullLogger<DeliveryMessages>.Instance)
            .Send(delivery, TimeSpan.Zero, default);

        Assert.That((await Sent<DeliveryMessage>(StorageNames.WebhooksQueue)).TraceParent, Does.StartWith($"00-{Trace}-"));
        Assert.That(Event.FromRow(happened.ToRow("commit")).Trace, Is.EqualTo(Parent));
    }

    [Test]
    public async Task A_message_that_just_fits_can_be_sent_with_its_stamp()
    {
        var row = 48 * 1024;
        while (!MessageQueues.Fits(new WorkMessage("studio", "job_1", new string('x', row)))) row--;
        await queues.Send(
            StorageNames.StandardQueue, new WorkMessage("studio", "job_1", new string('x', row)), Parent, TimeSpan.Zero, default);

        var received = (await queues.Named(StorageNames.StandardQueue).ReceiveMessageAsync()).Value.Body.ToMemory().Length;
        Assert.That(received, Is.LessThanOrEqualTo(48 * 1024).And.GreaterThan((48 * 1024) - 256));
        Assert.That(Encoding.UTF8.GetByteCount(Parent), Is.LessThan(256));
    }

    [Test]
    public async Task It_says_when_it_was_due_and_how_long_it_waited_is_measured_from_then_on()
    {
        await queues.Send("manifests-advance", new AdvanceMessage("studio", "mf_1", 1), null, TimeSpan.FromSeconds(1), default);
        await Task.Delay(TimeSpan.FromSeconds(1.5));
        var message = await Sent<AdvanceMessage>(StorageNames.AdvanceQueue);
        Assert.That(message.Due, Is.EqualTo(time.GetUtcNow().AddSeconds(1)).Within(TimeSpan.FromMilliseconds(1)));

        using var measured = new Measured();
        await message.Work("a queue of this test", time.GetUtcNow().AddSeconds(31), () => Task.CompletedTask);
        await message.Work("a queue of this test", time.GetUtcNow(), () => Task.CompletedTask);
        await (message with { Due = null }).Work("a queue of this test", time.GetUtcNow(), () => Task.CompletedTask);

        Assert.That(measured.Of("pipeline.queue.age queue=a queue of this test"), Is.EqualTo(new[] { 30.0, 0 }).Within(0.01));
    }

    [Test]
    public void Work_that_fails_is_a_span_that_failed()
    {
        var spans = new SpanList();
        using var exporter = Sdk.CreateTracerProviderBuilder().AddSource("Pipeline").AddInMemoryExporter(spans).Build();
        var message = new AdvanceMessage("studio", "mf_1", 1);

        Assert.That(
            () => message.Work("a queue that fails", Now, () => throw new FormatException("A heron in secret.")),
            Throws.TypeOf<FormatException>());

        var span = spans.All.Single(span => span.DisplayName == "process a queue that fails");
        Assert.That((span.Status, span.StatusDescription), Is.EqualTo((ActivityStatusCode.Error, (string?)null)));
        Assert.That(span.GetTagItem("error.type"), Is.EqualTo("FormatException"));
    }

    [Test]
    public async Task How_long_the_first_has_been_due_is_measured_where_somebody_looks_whether_any_waits()
    {
        var queue = queues.Named("of-this-test");
        await queue.CreateAsync();
        using var measured = new Measured();

        Assert.That(await queues.IsIdle("of-this-test", default), Is.True);
        await queues.Send("of-this-test", new AdvanceMessage("studio", "mf_1", 1), null, TimeSpan.Zero, default);
        time.Move(TimeSpan.FromMinutes(7));
        Assert.That(await queues.IsIdle("of-this-test", default), Is.False);
        await queue.ClearMessagesAsync();
        await queue.SendMessageAsync("5");
        Assert.That(await queues.IsIdle("of-this-test", default), Is.False, "a stranger's, of JSON");
        await queue.ClearMessagesAsync();
        await queue.SendMessageAsync("a stranger's");
        time.Move(DateTimeOffset.UtcNow.AddSeconds(90) - time.GetUtcNow());
        Assert.That(await queues.IsIdle("of-this-test", default), Is.False);

        Assert.That(
            measured.Of("pipeline.queue.oldest queue=of-this-test").Select(age => Math.Round(age / 10) * 10),
            Is.EqualTo(new[] { 0, 420, 0, 90 }));
    }

    private static Job Job()
    {
        var request = new JobRequest { Prompt = "A cat", Model = Catalogue.Load().Models[0] };
        return NewJob.From(Account, JobId.New(Now), request, null, Now) with { Trace = Parent };
    }

    private async Task<T> Sent<T>(string queue) =>
        JsonSerializer.Deserialize<T>((await queues.Named(queue).ReceiveMessageAsync()).Value.Body.ToString(), Json.Options)!;
}
