using Microsoft.AspNetCore.Http;
using Pipeline.Http;

namespace Pipeline.Tests.Http;

public sealed class HeaderFieldsTests
{
    [TestCase("wait=10")]
    [TestCase("WAIT = 10")]
    [TestCase("wait=\"10\"")]
    [TestCase("respond-async, wait=10")]
    [TestCase("wait=10; strict=\"a,b\"; x")]
    [TestCase(",, return=minimal;foo=\"some, wait=3\" , wait=10")]
    [TestCase("wait=10, wait=20")]
    [TestCase("handling=lenient; wait=3, wait=10")]
    [TestCase("=broken; x, wait=10")]
    public void The_preference_to_wait_is_found_among_others(string prefer) =>
        Assert.That(Wait(out _, prefer), Is.EqualTo(TimeSpan.FromSeconds(10)));

    [Test]
    public void Preferences_may_come_in_several_headers() =>
        Assert.That(Wait(out _, "respond-async", "wait=10"), Is.EqualTo(TimeSpan.FromSeconds(10)));

    [TestCase("respond-async")]
    [TestCase("waiting=5")]
    [TestCase("return=\"wait=5\"")]
    [TestCase("")]
    [TestCase("a=\"never closed, wait=5")]
    public void Other_preferences_are_passed_over(string prefer)
    {
        Assert.That(Wait(out var errors, prefer), Is.Null);
        Assert.That(errors, Is.Empty);
    }

    [TestCase("wait=0")]
    [TestCase("wait=61")]
    [TestCase("wait=-1")]
    [TestCase("wait=1.5")]
    [TestCase("wait=99999999999999999999")]
    [TestCase("wait")]
    [TestCase("wait=")]
    [TestCase("wait=soon")]
    public void A_time_that_nobody_waits_is_an_error(string prefer)
    {
        Assert.That(Wait(out var errors, prefer), Is.Null);
        Assert.That(errors.Select(error => (error.Pointer, error.Code)), Is.EqualTo(new[] { ("Prefer", "out_of_range") }));
    }

    [TestCase("a=\"", "\"")]
    [TestCase("a", "\"")]
    [TestCase(" ", "\"")]
    [TestCase("a;,", "\"")]
    public void The_longest_header_that_the_server_takes_is_read_in_no_time(string part, string end)
    {
        const int HeadersBytesMax = 32 * 1024;
        var prefer = string.Concat(Enumerable.Repeat(part, HeadersBytesMax / part.Length)) + end;

        // On a thread of its own: it is not the pool that is in question.
        var reading = Task.Factory.StartNew(() => Wait(out _, prefer), TaskCreationOptions.LongRunning);
        Assert.That(reading.Wait(TimeSpan.FromSeconds(30)), Is.True);
    }

    [Test]
    public void A_text_that_is_given_twice_is_an_error()
    {
        var fields = new HeaderFields(new HeaderDictionary { ["Idempotency-Key"] = new(["a", "b"]) });

        Assert.That(fields.Text("Idempotency-Key", 255), Is.Null);
        Assert.That(fields.Errors.Single().Pointer, Is.EqualTo("Idempotency-Key"));
    }

    private static TimeSpan? Wait(out IReadOnlyList<FieldError> errors, params string[] prefer)
    {
        var fields = new HeaderFields(new HeaderDictionary { ["Prefer"] = prefer });
        var wait = fields.Wait(secondsMax: 60);
        errors = fields.Errors;
        return wait;
    }
}
