using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Pipeline.Telemetry;

/// <summary>What is counted and measured, for dashboards and alerts. No measurement names an account: there may be any number.</summary>
internal static class Meters
{
    public const string Source = "Pipeline";

    private static readonly Meter meter = new(Source);

    /// <summary>Of waits and calls, in seconds: from what callers do not notice to what makes them complain.</summary>
    private static readonly InstrumentAdvice<double> Seconds =
        new() { HistogramBucketBoundaries = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900, 3600] };

    private static readonly Counter<long> jobs = meter.CreateCounter<long>(
        "pipeline.jobs", "{job}", "Jobs that came into a state, by state, and by tier of the picture.");

    private static readonly Counter<long> credits = meter.CreateCounter<long>(
        "pipeline.credits", "{credit}", "Credits that the ledger moved, by kind of entry.");

    private static readonly Counter<long> attempts = meter.CreateCounter<long>(
        "pipeline.attempts", "{attempt}", "Attempts at jobs that asked the image API, by outcome and tier.");

    private static readonly Histogram<double> imageApi = meter.CreateHistogram(
        "pipeline.image_api.duration", "s", "Calls of the image API, by status and tier.", advice: Seconds);

    private static readonly Gauge<int> circuit = meter.CreateGauge<int>(
        "pipeline.image_api.circuit", "1", "1 while an instance leaves the image API alone, by cause; 0 once it works again.");

    private static readonly Counter<long> images = meter.CreateCounter<long>(
        "pipeline.images", "{image}", "Images that were stored, by tier.");

    private static readonly Counter<long> bytes = meter.CreateCounter<long>(
        "pipeline.image.bytes", "By", "Bytes of images that were stored, by tier.");

    private static readonly Histogram<double> queueAge = meter.CreateHistogram(
        "pipeline.queue.age", "s", "How long messages had been due when their work began, by queue.", advice: Seconds);

    private static readonly Gauge<double> queueOldest = meter.CreateGauge<double>(
        "pipeline.queue.oldest", "s", "How long the first message that waits has been due when the sweeper looks, by queue.");

    private static readonly Counter<long> commits = meter.CreateCounter<long>(
        "pipeline.commits", "{transaction}", "Transactions of the ledger, by outcome.");

    private static readonly Histogram<double> webhook = meter.CreateHistogram(
        "pipeline.webhook.duration", "s", "Calls of webhook endpoints, by outcome.", advice: Seconds);

    private static readonly Counter<long> poison = meter.CreateCounter<long>(
        "pipeline.poison.messages", "{message}", "Messages that came into a poison queue, by queue they came from.");

    private static readonly Counter<long> audits = meter.CreateCounter<long>(
        "pipeline.audits", "{account}", "Accounts whose books were verified at night, by result.");

    public static void Jobs(string state, string tier, long count = 1) => jobs.Add(count, new("state", state), new("tier", tier));

    public static void Credits(string kind, long amount) => credits.Add(amount, new KeyValuePair<string, object?>("kind", kind));

    public static void Attempt(string outcome, string tier) => attempts.Add(1, new("outcome", outcome), new("tier", tier));

    /// <param name="duration">Until the end of the answer.</param>
    /// <param name="status">The HTTP status, or a word for why there is none.</param>
    /// <param name="tier">Of the picture.</param>
    public static void ImageApi(TimeSpan duration, string status, string tier) =>
        imageApi.Record(duration.TotalSeconds, new("status", status), new("tier", tier));

    /// <param name="isOpen">Whether the image API is left alone.</param>
    /// <param name="cause"><c>failures</c> or <c>key</c>.</param>
    public static void Circuit(bool isOpen, string cause) =>
        circuit.Record(isOpen ? 1 : 0, new KeyValuePair<string, object?>("cause", cause));

    public static void Image(long size, string tier)
    {
        var tags = new TagList { { "tier", tier } };
        images.Add(1, tags);
        bytes.Add(size, tags);
    }

    public static void QueueAge(string queue, TimeSpan age) =>
        queueAge.Record(Math.Max(0, age.TotalSeconds), new KeyValuePair<string, object?>("queue", queue));

    /// <param name="queue">Which.</param>
    /// <param name="age">0 if no message waits.</param>
    public static void QueueOldest(string queue, TimeSpan age) =>
        queueOldest.Record(Math.Max(0, age.TotalSeconds), new KeyValuePair<string, object?>("queue", queue));

    /// <param name="outcome"><c>committed</c>, <c>conflict</c>, <c>refused</c>, or <c>unknown</c> if no answer came.</param>
    public static void Commit(string outcome) => commits.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="duration">From the name's lookup to the end of the answer.</param>
    /// <param name="outcome"><c>delivered</c>, a class of status such as <c>5xx</c>, or <c>no_answer</c>.</param>
    public static void Webhook(TimeSpan duration, string outcome) =>
        webhook.Record(duration.TotalSeconds, new KeyValuePair<string, object?>("outcome", outcome));

    public static void Poison(string queue) => poison.Add(1, new KeyValuePair<string, object?>("queue", queue));

    /// <param name="result">
    /// <c>ok</c>; <c>partial</c> if a check could not be made while the account was busy; <c>wrong</c>; <c>unread</c>; or <c>none</c> if
    /// there is no account.
    /// </param>
    public static void Audit(string result) => audits.Add(1, new KeyValuePair<string, object?>("result", result));
}
