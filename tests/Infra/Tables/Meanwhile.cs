using Azure.Core;
using Azure.Core.Pipeline;

namespace Pipeline.Tests.Infra.Tables;

/// <summary>Does something after each reading of all of anna's rows has begun, and before each transaction.</summary>
internal sealed class Meanwhile(Func<Task> work) : HttpPipelinePolicy
{
    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        var asked = Uri.UnescapeDataString(message.Request.Uri.ToString());
        if (message.Request.Method == RequestMethod.Post && asked.EndsWith("$batch", StringComparison.Ordinal)) await work();
        await ProcessNextAsync(message, pipeline);
        if (asked.Contains("PartitionKey eq 'anna'", StringComparison.Ordinal)) await work();
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
