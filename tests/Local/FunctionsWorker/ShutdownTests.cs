using Local.FunctionsWorker;
using Local.Up;
using Microsoft.AspNetCore.Http;
using Microsoft.Azure.Functions.Worker;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Pipeline.Tests.FunctionsWorker;

public sealed class ShutdownTests
{
    private static readonly HostTimes ShortGrace = new()
    {
        ShutdownGrace = TimeSpan.FromMilliseconds(700),
        QueueLease = TimeSpan.FromSeconds(2),
        QueueLeaseRenewal = TimeSpan.FromMilliseconds(300),
    };

    [Test]
    public async Task A_message_in_work_past_the_grace_comes_back_to_the_next_host()
    {
        var queues = await QueueApp.Create();
        var tries = new Seen<long>();
        var deaf = new TaskCompletionSource();
        await using (var app = await queues.Start(Works, times: ShortGrace))
        {
            await queues.Images.SendMessageAsync("work");
            await tries.Next();
            await app.Stop().WaitAsync(Eventually.Limit);
            // What was abandoned must not delete its message if it ends after all.
            deaf.SetResult();
        }

        await using var next = await queues.Start(Works, times: ShortGrace);
        Assert.That(await tries.Next(), Is.EqualTo(2));
        await queues.IsEmpty();

        async Task Works(QueueApp.Delivery delivery)
        {
            tries.Add(delivery.Try);
            if (delivery.Try == 1) await deaf.Task;
        }
    }

    [Test]
    public async Task Work_that_ends_within_the_grace_is_completed()
    {
        var queues = await QueueApp.Create();
        var started = new Seen<string>();
        await using var app = await queues.Start(async delivery =>
        {
            started.Add(delivery.Text);
            await Task.Delay(Timeout.InfiniteTimeSpan, delivery.Cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await queues.Images.SendMessageAsync("work");
        await started.Next();

        await app.Stop().WaitAsync(Eventually.Limit);

        Assert.That(await queues.Count("images"), Is.Zero);
    }

    [Test]
    public async Task No_message_is_taken_once_told_to_stop()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        await using var app = await queues.Start(async delivery =>
        {
            seen.Add(delivery.Text);
            await Task.Delay(Timeout.InfiniteTimeSpan, delivery.Cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            // Told to stop, this invocation still lasts while a new message waits.
            await queues.Images.SendMessageAsync("late");
            await Task.Delay(600, CancellationToken.None);
        });
        await queues.Images.SendMessageAsync("work");
        await seen.Next();

        await app.Stop().WaitAsync(Eventually.Limit);

        Assert.That((seen.Count, await queues.Count("images")), Is.EqualTo((1, 1)));
    }

    [Test]
    public async Task A_message_that_arrives_while_told_to_stop_is_handed_back()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        var (proxy, behindProxy) = OutageTests.Proxied(queues.Account, "Queue");
        await using var _ = proxy;
        proxy.Mend();
        await using var app = await queues.Start(Works, account: behindProxy);
        await queues.Images.SendMessageAsync("early");
        await seen.Next();
        await queues.IsEmpty();

        proxy.Hold();
        await queues.Images.SendMessageAsync("late");
        // By now a poll is under way, and held.
        await Task.Delay(500);
        var stopped = app.Stop();
        await Eventually.True(() => Task.FromResult(app.IsStopping), "the host stops");
        proxy.Release();
        await stopped.WaitAsync(Eventually.Limit);

        Assert.That(seen.Count, Is.EqualTo(1));
        Assert.That((await queues.Images.ReceiveMessageAsync()).Value?.Body.ToString(), Is.EqualTo("late"));

        Task Works(QueueApp.Delivery delivery)
        {
            seen.Add(delivery.Text);
            return Task.CompletedTask;
        }
    }

    [Test]
    public async Task A_request_sees_the_stop_and_may_still_answer()
    {
        var started = new Seen<string>();
        await using var app = await LocalApp.Start([typeof(Patient)], builder => builder.Services.AddSingleton(started));
        var answer = app.Http.GetStringAsync("patient");
        await started.Next();

        await app.Stop().WaitAsync(Eventually.Limit);

        Assert.That(await answer, Is.EqualTo("stopping: True"));
    }

    [Test]
    public async Task A_function_out_of_time_is_canceled()
    {
        var started = new Seen<string>();
        await using var app = await LocalApp.Start(
            [typeof(Patient)],
            builder => builder.Services.AddSingleton(started),
            hostJson: """{ "version": "2.0", "functionTimeout": "00:00:01", "extensions": { "http": { "routePrefix": "" } } }""");

        Assert.That(await app.Http.GetStringAsync("patient"), Is.EqualTo("stopping: False"));
    }

    [Test]
    public async Task The_services_of_the_app_start_before_triggers_and_HTTP()
    {
        var queues = await QueueApp.Create();
        var seen = new Seen<string>();
        var port = FreePorts.Find();
        await queues.Images.SendMessageAsync("early");
        var service = new Preparation(port, seen);

        await using var app = await LocalApp.Start(
            [typeof(QueueApp.Worker)],
            builder => builder.Services.AddSingleton(new Func<QueueApp.Delivery, Task>(Reports)).AddHostedService(_ => service),
            urls: $"http://127.0.0.1:{port}",
            settings: ("AzureWebJobsStorage", queues.Account));

        Assert.That(await seen.Next(), Is.EqualTo("early"));
        Assert.That((service.SawListener, service.SawMessage, FreePorts.IsTaken(port)), Is.EqualTo((false, false, true)));

        Task Reports(QueueApp.Delivery delivery)
        {
            seen.Add(delivery.Text);
            return Task.CompletedTask;
        }
    }

    private sealed class Preparation(int port, Seen<string> seen) : IHostedService
    {
        public bool? SawListener { get; private set; }

        public bool? SawMessage { get; private set; }

        public async Task StartAsync(CancellationToken cancellationToken)
        {
            await Task.Delay(300, cancellationToken);
            SawListener = FreePorts.IsTaken(port);
            SawMessage = seen.Count > 0;
        }

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }

    private sealed class Patient(Seen<string> started, IHostApplicationLifetime lifetime)
    {
        [Function("patient")]
        public async Task<IResult> Run([HttpTrigger(AuthorizationLevel.Anonymous)] HttpRequest _, FunctionContext context)
        {
            started.Add("started");
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return Results.Text($"stopping: {lifetime.ApplicationStopping.IsCancellationRequested}");
        }
    }
}
