using Azure.Core;
using Azure.Core.Pipeline;

namespace Pipeline.Tests.Jobs;

/// <summary>
/// Carries the first write out, or the first after some, lets something else happen, and then the connection breaks before the answer
/// comes.
/// </summary>
internal sealed class LoseAnswer(Func<Task> meanwhile, Func<bool>? after = null) : HttpPipelinePolicy
{
    private bool lost;

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        await ProcessNextAsync(message, pipeline);
        if (lost || after?.Invoke() == false) return;
        lost = true;
        await meanwhile();
        throw new IOException("The answer was lost.");
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
