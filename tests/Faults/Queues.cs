using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>What must be so of an app's queues at rest.</summary>
internal static class Queues
{
    private const string PoisonSuffix = "-poison";

    /// <summary>Fails unless every lane runs empty and nothing is in a poison queue but messages of jobs that have ended.</summary>
    /// <param name="app">At rest.</param>
    /// <param name="hidden">
    /// Whether messages may be left that a process received and took with it: a host hides them for ten minutes, and then drops them, as
    /// their jobs are done.
    /// </param>
    /// <param name="done">Every job that has ended.</param>
    public static async Task AreDrained(App app, bool hidden, IReadOnlySet<string> done)
    {
        var service = new QueueServiceClient(app.Storage);
        await foreach (var found in service.GetQueuesAsync())
        {
            var queue = service.GetQueueClient(found.Name);
            if (found.Name.EndsWith(PoisonSuffix, StringComparison.Ordinal)) await HasOnlyWhatEnded(queue, done);
            else await Account.Until(() => Left(queue, hidden), left => left == 0);
        }
    }

    private static async Task<int> Left(QueueClient queue, bool hidden) => hidden
        ? (await queue.PeekMessagesAsync(queue.MaxPeekableMessages)).Value.Length
        : (await queue.GetPropertiesAsync()).Value.ApproximateMessagesCount;

    private static async Task HasOnlyWhatEnded(QueueClient queue, IReadOnlySet<string> done)
    {
        foreach (var message in (await queue.PeekMessagesAsync(queue.MaxPeekableMessages)).Value)
        {
            var job = JobOf(message);
            await TestContext.Progress.WriteLineAsync($"{queue.Name} has a message of {job}.");
            Assert.That(done, Does.Contain(job), $"{queue.Name} has a message of a job that has not ended");
        }
    }

    private static string JobOf(PeekedMessage message)
    {
        using var json = JsonDocument.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(message.Body.ToString())));
        return json.RootElement.GetProperty("job").GetString()!;
    }
}
