using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;
using Microsoft.Extensions.Logging.Abstractions;
using Pipeline.Credits;

namespace Pipeline.Tests.Credits;

internal static class TestLedger
{
    /// <summary>A ledger as another process would have it, whose client tries each request once.</summary>
    public static Ledger Of(string storage, HttpPipelinePolicy? policy = null, TimeProvider? time = null, int retries = 0)
    {
        var options = new TableClientOptions { Retry = { MaxRetries = retries, Delay = TimeSpan.FromMilliseconds(1) } };
        if (policy is not null) options.AddPolicy(policy, HttpPipelinePosition.PerRetry);
        return new Ledger(
            new TableServiceClient(storage, options), time ?? TimeProvider.System, Random.Shared, NullLogger<Ledger>.Instance);
    }
}

/// <summary>Holds the first transaction up until it is told to go.</summary>
internal sealed class SlowDown : HttpPipelinePolicy
{
    private readonly TaskCompletionSource sending = new();
    private readonly TaskCompletionSource go = new();

    public Task IsSending => sending.Task;

    public void Go() => go.TrySetResult();

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        if (message.Request.Method == RequestMethod.Post)
        {
            sending.TrySetResult();
            await go.Task;
        }

        await ProcessNextAsync(message, pipeline);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
