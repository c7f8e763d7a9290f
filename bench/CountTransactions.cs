using Azure.Core;
using Azure.Core.Pipeline;
using Azure.Data.Tables;

namespace Pipeline.Bench;

/// <summary>Counts what a table client sends, each of the SDK's tries by itself, and which transactions failed.</summary>
internal sealed class CountTransactions : HttpPipelinePolicy
{
    private int requests;
    private int failed;

    public int Requests => requests;

    public int Failed => failed;

    /// <summary>A client of its own, as another process would have it.</summary>
    public TableServiceClient Client(string storage)
    {
        var options = new TableClientOptions();
        options.AddPolicy(this, HttpPipelinePosition.PerRetry);
        return new TableServiceClient(storage, options);
    }

    public override async ValueTask ProcessAsync(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline)
    {
        Interlocked.Increment(ref requests);
        await ProcessNextAsync(message, pipeline);
        if (message.Request.Method != RequestMethod.Post) return;
        // A transaction is answered 202 whatever came of it; what is inside tells.
        if (message.Response.Content.ToString().Contains("HTTP/1.1 412", StringComparison.Ordinal)) Interlocked.Increment(ref failed);
    }

    public override void Process(HttpMessage message, ReadOnlyMemory<HttpPipelinePolicy> pipeline) => throw new NotSupportedException();
}
