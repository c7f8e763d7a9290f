using Azure.Core;
using Azure.Core.Pipeline;

namespace Pipeline.Tests;

/// <summary>Counts what clients of the Azure SDK send, and what of it is refused.</summary>
internal sealed class CountRequests : HttpPipelinePolicy
{
    private int count;
    private int refused;

    public int Count => Volatile.Read(ref count);

    public int Refused => Volatile.Read(ref refused);

    /// <summary>Options of a client whose requests are counted, each try as one.</summary>
    public T In<T>(T options)
        where T : ClientOptions
    {
        options.AddPolicy(this, HttpPipelinePosition.PerRetry);
        return options;
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Interlocked.Increment(ref count);
        await ProcessNextAsync(message, pipeline);
        if (message.Response.Status >= 400) Interlocked.Increment(ref refused);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
