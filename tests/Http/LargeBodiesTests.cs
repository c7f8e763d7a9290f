using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

public sealed class LargeBodiesTests
{
    private const int AtOnce = 4;
    private const long BytesMax = 20 << 20;
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(30);

    private readonly MovedTime time = new();
    private LargeBodies large = null!;
    private int callers;

    [SetUp]
    public void New() => large = new LargeBodies(time);

    [TestCase(10, true)]
    [TestCase(10, false)]
    [TestCase(LargeBodies.BytesMin, true)]
    [TestCase(LargeBodies.BytesMin, false)]
    [TestCase(LargeBodies.BytesMin + 1, true)]
    [TestCase(LargeBodies.BytesMin + 1, false)]
    [TestCase((int)BytesMax, true)]
    [TestCase((int)BytesMax, false)]
    public async Task A_body_is_read_whole_whether_its_length_is_announced_or_not(int length, bool announced)
    {
        var json = "\"" + new string('x', length - 2) + "\"";

        using var read = (ReadBody.Read)await Read(Request(json, announced));

        Assert.That(read.Document.RootElement.GetString(), Has.Length.EqualTo(length - 2));
        if (length < LargeBodies.BytesMin) Assert.That(read.Place, Is.Null);
        if (length == BytesMax) Assert.That(read.Place, Is.Not.Null);
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task One_byte_too_many_is_too_large(bool announced)
    {
        var body = await Read(Request("\"" + new string('x', (int)BytesMax - 1) + "\"", announced));

        Assert.That(((ReadBody.Refused)body).Problem.Status, Is.EqualTo(413));
    }

    [Test]
    public async Task A_fifth_large_body_waits_until_one_is_needed_no_more()
    {
        var held = await Take(AtOnce);

        var fifth = Read(Request(Large(), announced: true));
        Assert.That(fifth.IsCompleted, Is.False);
        held[2].Dispose();
        held[2].Dispose();

        Assert.That(await fifth, Is.TypeOf<ReadBody.Read>());
        Assert.That(Read(Request(Large(), announced: true)).IsCompleted, Is.False);
    }

    [Test]
    public async Task It_is_told_to_come_back_if_none_goes_in_time()
    {
        await Take(AtOnce);

        var fifth = Read(Request(Large(), announced: false));
        time.Move(LargeBodies.WaitMax);

        var problem = ((ReadBody.Refused)await fifth).Problem;
        Assert.That((problem.Code, problem.RetryAfter), Is.EqualTo((ProblemCode.TooManyRequests, LargeBodies.WaitMax)));
    }

    [Test]
    public async Task Small_bodies_never_wait()
    {
        await Take(AtOnce);

        Assert.That(await Read(Request("{}", announced: true)), Is.TypeOf<ReadBody.Read>());
        Assert.That(await Read(Request("{}", announced: false)), Is.TypeOf<ReadBody.Read>());
    }

    [Test]
    public async Task What_is_refused_keeps_no_place()
    {
        for (var n = 0; n < 2 * AtOnce; n++)
            Assert.That(await Read(Request(Large() + "x", announced: true)), Is.TypeOf<ReadBody.Refused>());
    }

    [Test]
    public async Task A_large_body_that_does_not_arrive_loses_its_place()
    {
        await Take(AtOnce - 1);
        var (slow, _) = await Begin();
        var next = Read(Request(Large(), announced: true));
        Assert.That((slow.IsCompleted, next.IsCompleted), Is.EqualTo((false, false)));

        time.Move(LargeBodies.PaceOver + LargeBodies.PaceGrace);

        Assert.That(((ReadBody.Refused)await slow).Problem.Detail, Does.Contain("65,536 bytes a second"));
        Assert.That(await next, Is.TypeOf<ReadBody.Read>());
    }

    [Test]
    public async Task A_large_body_that_keeps_its_pace_has_two_minutes()
    {
        var (body, writer) = await Begin();
        for (var waited = TimeSpan.Zero; waited + LargeBodies.PaceOver < LargeBodies.ArrivesWithin; waited += LargeBodies.PaceOver)
        {
            await writer.WriteAsync(new byte[LargeBodies.BytesPerSecondMin * 10]);
            await time.UntilOneWaits(LargeBodies.PaceOver);
            time.Move(LargeBodies.PaceOver - TimeSpan.FromMilliseconds(1));
            Assert.That(body.IsCompleted, Is.False, $"{waited}");
        }

        await writer.WriteAsync(new byte[LargeBodies.BytesPerSecondMin * 10]);
        await time.UntilOneWaits(LargeBodies.PaceOver);
        time.Move(LargeBodies.PaceOver - TimeSpan.FromMilliseconds(1));
        await writer.WriteAsync(new byte[LargeBodies.BytesPerSecondMin * 10]);
        await time.UntilOneWaits(LargeBodies.PaceOver);
        time.Move(TimeSpan.FromSeconds(1));

        Assert.That(((ReadBody.Refused)await body).Problem.Detail, Does.Contain("within 120 s"));
    }

    [Test]
    public async Task A_large_body_that_slows_down_loses_its_place()
    {
        var (body, writer) = await Begin();
        await writer.WriteAsync(new byte[LargeBodies.BytesPerSecondMin * 10]);
        await time.UntilOneWaits(LargeBodies.PaceOver);

        time.Move(LargeBodies.PaceOver - TimeSpan.FromMilliseconds(1));
        await writer.WriteAsync(new byte[LargeBodies.BytesPerSecondMin]);
        await Task.Delay(50);
        Assert.That(body.IsCompleted, Is.False);
        time.Move(TimeSpan.FromMilliseconds(1));

        Assert.That(((ReadBody.Refused)await body).Problem.Status, Is.EqualTo(400));
    }

    [Test]
    public async Task One_caller_has_two_places_and_leaves_the_others_to_others()
    {
        using var first = (ReadBody.Read)await Read(Request(Large(), announced: true), "one");
        var second = (ReadBody.Read)await Read(Request(Large(), announced: true), "one");

        var third = Read(Request(Large(), announced: true), "one");
        using var other = (ReadBody.Read)await Read(Request(Large(), announced: true), "two");
        Assert.That(third.IsCompleted, Is.False);
        second.Dispose();

        Assert.That(await third, Is.TypeOf<ReadBody.Read>());
    }

    [Test]
    public async Task A_body_of_so_many_tokens_is_read_and_one_of_more_is_refused()
    {
        var most = "[" + string.Join(',', Enumerable.Repeat("0", ReadBody.TokensMax - 2)) + "]";

        using var read = (ReadBody.Read)await Read(Request(most, announced: true));
        var more = (ReadBody.Refused)await Read(Request("[0," + most[1..], announced: true));

        Assert.That(read.Document.RootElement.GetArrayLength(), Is.EqualTo(ReadBody.TokensMax - 2));
        Assert.That((more.Problem.Status, more.Problem.Detail), Is.EqualTo(
            (400, "The body has more than 10,000 names, values and brackets in it.")));
    }

    [Test]
    public async Task A_byte_order_mark_is_passed_over()
    {
        using var read = (ReadBody.Read)await Read(Request("\ufeff{\"a\":1}", announced: true));

        Assert.That(read.Document.RootElement.GetProperty("a").GetInt32(), Is.EqualTo(1));
    }

    private static string Large() => "\"" + new string('x', LargeBodies.BytesMin) + "\"";

    private async Task<List<ReadBody.Read>> Take(int count)
    {
        var held = new List<ReadBody.Read>();
        for (var n = 0; n < count; n++) held.Add((ReadBody.Read)await Read(Request(Large(), announced: true)));
        return held;
    }

    /// <summary>A body that is large already and goes on, without a length.</summary>
    private async Task<(Task<ReadBody> Body, PipeWriter Writer)> Begin()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes("\"" + new string('x', LargeBodies.BytesMin)));
        var request = Request("", announced: false);
        request.Body = pipe.Reader.AsStream();
        return (Read(request), pipe.Writer);
    }

    /// <summary>Each of a caller of its own, unless it is named. One that never ends fails its test, and does not hang it.</summary>
    private Task<ReadBody> Read(HttpRequest request, string? caller = null) =>
        ReadBody.Json(request, BytesMax, large, caller ?? $"caller {callers++}", CancellationToken.None).WaitAsync(Generous);

    private static HttpRequest Request(string json, bool announced)
    {
        var bytes = Encoding.UTF8.GetBytes(json);
        var request = new DefaultHttpContext().Request;
        request.ContentType = "application/json";
        request.Body = new MemoryStream(bytes);
        if (announced) request.ContentLength = bytes.Length;
        return request;
    }
}
