using System.Net;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

/// <summary>Names whose servers never answer: as getaddrinfo does on Linux, the lookup blocks its thread.</summary>
public sealed class HostLookupsTests
{
    private const int AtOnce = 16;
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly ManualResetEventSlim answered = new();
    private readonly SemaphoreSlim begun = new(0);
    private int onThreadPool;
    private int open;

    [SetUp]
    public void Reset() => answered.Reset();

    [TearDown]
    public void Answer() => answered.Set();

    [OneTimeTearDown]
    public void Dispose() => begun.Dispose();

    [Test]
    public async Task A_caller_whose_names_are_never_answered_keeps_nobody_else_from_theirs()
    {
        var lookups = new HostLookups(Resolve);
        var hung = Enumerable.Range(0, 60).Select(n => lookups.Find("one", $"{n}.hangs", CancellationToken.None)).ToList();
        await Begun(2);

        Assert.That(await lookups.Find("two", "example.com", default).WaitAsync(Generous), Is.EqualTo(new[] { IPAddress.Loopback }));
        Assert.That((open, onThreadPool), Is.EqualTo((2, 0)));

        answered.Set();
        await Task.WhenAll(hung).WaitAsync(Generous);
    }

    [Test]
    public async Task A_lookup_keeps_its_place_until_it_ends_not_until_its_caller_leaves()
    {
        var lookups = new HostLookups(Resolve);
        using var leaves = new CancellationTokenSource();
        var hung = Enumerable.Range(0, AtOnce).Select(n => lookups.Find($"caller {n}", $"{n}.hangs", leaves.Token)).ToList();
        await Begun(AtOnce);
        await leaves.CancelAsync();
        foreach (var lookup in hung) Assert.That(async () => await lookup, Throws.InstanceOf<OperationCanceledException>());

        var next = lookups.Find("next", "example.com", CancellationToken.None);
        await Task.Delay(200);
        Assert.That(next.IsCompleted, Is.False);
        answered.Set();

        Assert.That(await next.WaitAsync(Generous), Is.Not.Empty);
    }

    [Test]
    public async Task What_a_lookup_throws_reaches_its_caller_and_frees_its_place()
    {
        var lookups = new HostLookups((_, _) => throw new System.Net.Sockets.SocketException());

        for (var n = 0; n < 3; n++)
            Assert.That(
                async () => await lookups.Find("one", "nowhere.example", CancellationToken.None).WaitAsync(Generous),
                Throws.InstanceOf<System.Net.Sockets.SocketException>());
        await Task.CompletedTask;
    }

    [Test]
    public async Task A_name_that_nobody_answers_for_is_unreachable_in_time()
    {
        using var guarded = new GuardedHttp(new OutgoingOptions(), Resolve, TimeProvider.System);

        var outcome = await guarded.Send(
            "one", new HttpRequestMessage(HttpMethod.Get, "https://a.hangs/"), TimeSpan.FromMilliseconds(200),
            (_, _) => Task.FromResult(""), CancellationToken.None);

        Assert.That(outcome, Is.TypeOf<GuardedOutcome<string>.Unreachable>());
    }

    private async Task Begun(int count)
    {
        for (var n = 0; n < count; n++) Assert.That(await begun.WaitAsync(Generous), Is.True);
    }

    private Task<IPAddress[]> Resolve(string host, CancellationToken cancel)
    {
        if (Thread.CurrentThread.IsThreadPoolThread) Interlocked.Increment(ref onThreadPool);
        if (host.EndsWith(".hangs", StringComparison.Ordinal))
        {
            Interlocked.Increment(ref open);
            begun.Release();
            answered.Wait(CancellationToken.None);
            Interlocked.Decrement(ref open);
        }

        return Task.FromResult<IPAddress[]>([IPAddress.Loopback]);
    }
}
