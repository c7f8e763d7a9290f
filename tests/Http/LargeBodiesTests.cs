using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

public sealed class LargeBodiesTests
{
    private const int AtOnce = 4;
    private const long BytesMax = 20 << 20;

    private readonly MovedTime time = new();
    private LargeBodies large = null!;

    [SetUp]
    public void New() => large = new LargeBodies(time);

    [TearDown]
    public void Dispose() => large.Dispose();

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
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        await pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes("\"" + new string('x', LargeBodies.BytesMin)));
        var request = Request("", announced: false);
        request.Body = pipe.Reader.AsStream();

        var slow = Read(request);
        var next = Read(Request(Large(), announced: true));
        Assert.That((slow.IsCompleted, next.IsCompleted), Is.EqualTo((false, false)));
        time.Move(LargeBodies.WaitMax);
        Assert.That(((ReadBody.Refused)await next).Problem.Status, Is.EqualTo(429));
        time.Move(LargeBodies.ArrivesWithin - LargeBodies.WaitMax);

        Assert.That(((ReadBody.Refused)await slow).Problem.Detail, Does.Contain("120 s"));
        Assert.That(await Read(Request(Large(), announced: true)), Is.TypeOf<ReadBody.Read>());
    }

    private static string Large() => "\"" + new string('x', LargeBodies.BytesMin) + "\"";

    private async Task<List<ReadBody.Read>> Take(int count)
    {
        var held = new List<ReadBody.Read>();
        for (var n = 0; n < count; n++) held.Add((ReadBody.Read)await Read(Request(Large(), announced: true)));
        return held;
    }

    private Task<ReadBody> Read(HttpRequest request) => ReadBody.Json(request, BytesMax, large, CancellationToken.None);

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
