using System.IO.Pipelines;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;
using Pipeline.Manifests;
using Pipeline.Manifests.Reading;
using Pipeline.Storage;

namespace Pipeline.Tests.Manifests;

/// <summary>Manifests that come over HTTP: whole, or refused without keeping a file or a place.</summary>
public sealed class ReceiveBodyTests
{
    private const int PerCaller = 2;
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    private readonly MovedTime time = new();
    private ReceiveBody receive = null!;

    [SetUp]
    public void New() => receive = new ReceiveBody(new LargeBodies(time));

    [TestCase(0)]
    [TestCase(10)]
    [TestCase(LargeBodies.BytesMin)]
    [TestCase(LargeBodies.BytesMin + 1)]
    public async Task It_comes_whole_with_its_sum(int length)
    {
        var bytes = RandomNumberGenerator.GetBytes(length);

        await using var body = (ReceivedBody.Whole)await Receive(new MemoryStream(bytes));

        Assert.That(body.File.Length, Is.EqualTo(length));
        Assert.That(body.Sha256, Is.EqualTo(Convert.ToHexStringLower(SHA256.HashData(bytes))));
        Assert.That(body.Place, length > LargeBodies.BytesMin ? Is.Not.Null : Is.Null);
    }

    [TestCase(0, "Whole")]
    [TestCase(1, "413")]
    public async Task Beyond_200_MiB_it_is_refused_though_no_length_was_announced(int more, string outcome)
    {
        await using var zeros = TemporaryFile.Create();
        zeros.SetLength(ReadManifestFile.BytesMax + more);
        var body = await Receive(zeros);

        Assert.That(body is ReceivedBody.Refused refused ? $"{refused.Problem.Status}" : "Whole", Is.EqualTo(outcome));
        if (body is ReceivedBody.Whole whole) await whole.DisposeAsync();
    }

    [Test]
    public async Task A_third_large_one_of_a_caller_waits_for_a_place_and_is_told_to_come_back()
    {
        var held = new List<ReceivedBody.Whole>();
        for (var n = 0; n < PerCaller; n++) held.Add((ReceivedBody.Whole)await Receive(Large()));

        var third = Receive(Large());
        await using (var small = (ReceivedBody.Whole)await Receive(new MemoryStream(new byte[10])))
            Assert.That(small.Place, Is.Null);
        await using ((ReceivedBody.Whole)await Receive(Large(), "another"))
            Assert.That(third.IsCompleted, Is.False);
        await time.UntilOneWaits(LargeBodies.WaitMax);
        time.Move(LargeBodies.WaitMax);

        var problem = ((ReceivedBody.Refused)await third).Problem;
        Assert.That((problem.Code, problem.RetryAfter), Is.EqualTo((ProblemCode.TooManyRequests, LargeBodies.WaitMax)));
        Assert.That(problem.Detail, Does.Contain("drop the file"));
        await held[0].DisposeAsync();
        await using var next = (ReceivedBody.Whole)await Receive(Large());
        await held[1].DisposeAsync();
    }

    [Test]
    public async Task One_that_comes_too_slowly_loses_its_place()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var slow = Receive(pipe.Reader.AsStream());
        await pipe.Writer.WriteAsync(new byte[LargeBodies.BytesMin + 1]);
        await time.UntilOneWaits(LargeBodies.PaceOver + LargeBodies.PaceGrace);

        time.Move(LargeBodies.PaceOver + LargeBodies.PaceGrace);

        Assert.That(((ReceivedBody.Refused)await slow).Problem.ToString(), Does.Contain("65,536 bytes a second"));
        for (var n = 0; n < PerCaller; n++) Assert.That(await Receive(Large()), Is.TypeOf<ReceivedBody.Whole>());
    }

    private static MemoryStream Large() => new(new byte[LargeBodies.BytesMin + 1]);

    private Task<ReceivedBody> Receive(Stream body, string caller = "one")
    {
        var request = new DefaultHttpContext().Request;
        request.Body = body;
        return receive.Run(request, caller, CancellationToken.None).WaitAsync(Generous);
    }
}
