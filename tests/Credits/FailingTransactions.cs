using Azure.Core;
using Azure.Core.Pipeline;

namespace Pipeline.Tests.Credits;

/// <summary>What a transaction that fails loses.</summary>
public enum Loss
{
    /// <summary>The service carries it out, and its answer is lost.</summary>
    Answer,

    /// <summary>It never arrives.</summary>
    Request,

    /// <summary>Now the one, now the other.</summary>
    Both,
}

/// <summary>Has some of the transactions fail, by chance.</summary>
internal sealed class FailingTransactions(Loss loss, double rate, int seed) : HttpPipelinePolicy
{
    private readonly Random random = new(seed);
    private int sent;
    private int failed;

    public int Sent => sent;

    public int Failed => failed;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (message.Request.Method != RequestMethod.Post)
        {
            await ProcessNextAsync(message, pipeline);
            return;
        }

        Interlocked.Increment(ref sent);
        var (fails, before) = Dice();
        if (fails) Interlocked.Increment(ref failed);
        if (fails && before) throw new IOException("It never arrived.");
        await ProcessNextAsync(message, pipeline);
        if (fails) throw new IOException("The answer was lost.");
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();

    private (bool Fails, bool Before) Dice()
    {
        lock (random)
            return (random.NextDouble() < rate, loss == Loss.Request || (loss == Loss.Both && random.Next(2) == 0));
    }
}
