using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Pipeline.Events;
using Pipeline.Http;
using Pipeline.Telemetry;

namespace Pipeline.Webhooks;

/// <summary>What came of one try to deliver.</summary>
/// <param name="Status">What the endpoint answered; null if it did not.</param>
/// <param name="Fault">Why it counts as failed, as a sentence; null if it does not.</param>
/// <param name="RetryAfter">How long the endpoint asks to be left alone, or null.</param>
/// <param name="Duration">How long it took.</param>
public sealed record Called(int? Status, string? Fault, TimeSpan? RetryAfter, TimeSpan Duration)
{
    public bool IsDelivered => Fault is null;

    /// <summary>
    /// In a word, for what is counted: <c>delivered</c>, <c>broken_off</c>, a class of status such as <c>5xx</c>, or <c>no_answer</c>.
    /// </summary>
    public string Kind => IsDelivered ? "delivered" : Status switch
    {
        null => "no_answer",
        >= 200 and <= 299 => "broken_off",
        var status => $"{status / 100}xx",
    };

    /// <summary>It asks never to be called again.</summary>
    public bool IsGone => Status == (int)HttpStatusCode.Gone;
}

/// <summary>Posts an event to a caller's address, signed, and heeds nothing of the answer but its status and Retry-After.</summary>
/// <remarks>After https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md.</remarks>
public sealed class CallEndpoint(GuardedHttp guarded, PublicUrls urls, TimeProvider time)
{
    /// <summary>For all of it, from the name's lookup to the end of the answer.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(15);

    /// <summary>Of an answer's body; what follows is not read.</summary>
    private const int AnswerBytesMax = 64 * 1024;

    private const string UserAgent = "Pipeline-Webhooks/1";

    public async Task<Called> Post(Uri url, Event happened, WebhookSecrets secrets, CancellationToken cancel)
    {
        // The same bytes at each try.
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new BodyView(happened.Type, happened.OccurredAt, happened.DataWith(urls.Of)), Json.Options);
        var now = time.GetUtcNow();
        var began = time.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.UserAgent.ParseAdd(UserAgent);
        request.Headers.Add("webhook-id", happened.Id.Value);
        request.Headers.Add("webhook-timestamp", $"{now.ToUnixTimeSeconds()}");
        request.Headers.Add("webhook-signature", secrets.Sign(happened.Id.Value, now, body));

        using var span = Spans.Call("call webhook", url);
        var outcome = await guarded.Send(happened.Account.Value, request, Limit, Read, cancel);
        var duration = time.GetElapsedTime(began);
        var called = outcome switch
        {
            GuardedOutcome<Answer>.Answered { Value: var answer } => new Called(answer.Status, answer.Fault, answer.RetryAfter, duration),
            GuardedOutcome<Answer>.Forbidden forbidden => new Called(null, $"Not called: its address {forbidden.Detail}", null, duration),
            GuardedOutcome<Answer>.Unreachable unreachable => new Called(null, $"It {unreachable.Detail}", null, duration),
            _ => throw new InvalidOperationException("An address answers, or does not."),
        };
        span.Ended(called.Status, called.IsDelivered ? null : called.Kind);
        Meters.Webhook(duration, called.Kind);
        return called;
    }

    private async Task<Answer> Read(HttpResponseMessage answer, CancellationToken cancel)
    {
        var status = (int)answer.StatusCode;
        if (status is < 200 or > 299)
        {
            var redirected = status is >= 300 and <= 399 ? ": redirects are not followed" : "";
            return new Answer(status, $"It answered {status}{redirected}.", RetryAfter(answer.Headers.RetryAfter));
        }

        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            var buffer = new byte[8 * 1024];
            int count, read = 0;
            while (read < AnswerBytesMax && (count = await stream.ReadAsync(buffer, cancel)) > 0) read += count;
            return new Answer(status, null, null);
        }
        catch (IOException)
        {
            return new Answer(status, $"It answered {status} and broke off in the middle of its answer.", null);
        }
    }

    private TimeSpan? RetryAfter(RetryConditionHeaderValue? header) => header?.Delta ?? (header?.Date - time.GetUtcNow());

    private sealed record Answer(int Status, string? Fault, TimeSpan? RetryAfter);

    private sealed record BodyView(string Type, DateTimeOffset Timestamp, JsonObject Data);
}
