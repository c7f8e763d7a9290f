using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;

namespace Pipeline.Tests.FunctionsWorker;

internal static class Poison
{
    /// <summary>The body, as stored, of the first message of a poison queue, once there is one.</summary>
    public static async Task<string> First(string account, string name)
    {
        var queue = new QueueClient(account, name);
        PeekedMessage? message = null;
        await Eventually.True(
            async () =>
            {
                if (!await queue.ExistsAsync()) return false;
                message = await queue.PeekMessageAsync();
                return message is not null;
            },
            $"a message went to {name}");
        return message!.Body.ToString();
    }
}
