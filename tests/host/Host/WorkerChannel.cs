using System.Collections.Concurrent;
using System.Threading.Channels;
using Grpc.Core;
using Pipeline.HostTests.Host.Rpc;

namespace Pipeline.HostTests.Host;

/// <summary>The stream between this host and its one worker: what is sent, what comes back, what the worker logs.</summary>
internal sealed class WorkerChannel : FunctionRpc.FunctionRpcBase
{
    private readonly Channel<StreamingMessage> outgoing = Channel.CreateUnbounded<StreamingMessage>();
    private readonly ConcurrentDictionary<string, TaskCompletionSource<StreamingMessage>> awaited = new();
    private readonly ConcurrentQueue<RpcLog> logs = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public IReadOnlyCollection<RpcLog> Logs => logs;

    /// <summary>Completes when the worker has closed the stream.</summary>
    public Task Ended => ended.Task;

    public void Send(StreamingMessage message)
    {
        if (!outgoing.Writer.TryWrite(message)) throw new InvalidOperationException("The stream is closed.");
    }

    /// <summary>Sends a message, and gives the one that answers it.</summary>
    public Task<StreamingMessage> Ask(StreamingMessage message, string answer)
    {
        var coming = Await(answer);
        Send(message);
        return coming;
    }

    /// <summary>The message of this kind, or about this invocation or function, once it comes.</summary>
    public Task<StreamingMessage> Await(string key) =>
        awaited.GetOrAdd(key, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    public override async Task EventStream(
        IAsyncStreamReader<StreamingMessage> requestStream, IServerStreamWriter<StreamingMessage> responseStream, ServerCallContext context)
    {
        var sending = SendAll(responseStream, context.CancellationToken);
        try
        {
            await foreach (var message in requestStream.ReadAllAsync(context.CancellationToken)) Receive(message);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // The worker's process is gone.
        }
        finally
        {
            outgoing.Writer.TryComplete();
            ended.TrySetResult();
            foreach (var waiting in awaited.Values) waiting.TrySetException(new IOException("The worker has closed its stream."));
        }

        await sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Forgets an answer that was read.</summary>
    public void Forget(string key) => awaited.TryRemove(key, out _);

    private void Receive(StreamingMessage message)
    {
        if (message.RpcLog is { } log) logs.Enqueue(log);
        else Complete(KeyOf(message), message);
    }

    private static string KeyOf(StreamingMessage message) => message.ContentCase switch
    {
        StreamingMessage.ContentOneofCase.InvocationResponse => message.InvocationResponse.InvocationId,
        StreamingMessage.ContentOneofCase.FunctionLoadResponse => message.FunctionLoadResponse.FunctionId,
        var other => other.ToString(),
    };

    private void Complete(string key, StreamingMessage message) =>
        awaited.GetOrAdd(key, _ => new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult(message);

    private async Task SendAll(IServerStreamWriter<StreamingMessage> writer, CancellationToken cancel)
    {
        await foreach (var message in outgoing.Reader.ReadAllAsync(cancel)) await writer.WriteAsync(message, cancel);
    }
}
