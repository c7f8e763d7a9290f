using Azure;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Pipeline.Tests;

/// <summary>Counts what clients of the Azure SDK send, and what of it is refused; refuses itself what a test says.</summary>
internal sealed class CountRequests : HttpPipelinePolicy
{
    private int count;
    private int refused;

    public int Count => Volatile.Read(ref count);

    public int Refused => Volatile.Read(ref refused);

    /// <summary>Requests whose address has this in it are refused and not sent.</summary>
    public string? Refusing { get; set; }

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
        if (Refusing is not null && message.Request.Uri.ToString().Contains(Refusing, StringComparison.Ordinal))
            throw new RequestFailedException(403, $"Refused, as it has '{Refusing}' in it.");
        await ProcessNextAsync(message, pipeline);
        if (message.Response.Status >= 400) Interlocked.Increment(ref refused);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
