using System.Collections.Concurrent;
using System.Globalization;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Tests.Webhooks;

/// <summary>How an endpoint fails, and how often before it does what it should.</summary>
internal enum EndpointFault
{
    None,
    Status500,
    Timeout,
    Redirect,
    SlowBody,
    Reset,
    RetryAfterSeconds,
    RetryAfterDate,
    Gone,
    DeadFor72Hours,
    AlwaysFails,
}

/// <summary>A receiver with all the habits of endpoints, one for each path: the fault's name, a slash, and anything.</summary>
internal sealed class UnreliableEndpoint(TimeProvider time)
{
    /// <summary>Asked for by those that ask to be left alone: above the first three delays of the schedule.</summary>
    public static readonly TimeSpan RetryAfter = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<string, int> tries = new();
    private int hanging;

    /// <summary>Calls that are held without an answer.</summary>
    public int Hanging => Volatile.Read(ref hanging);

    /// <summary>When each try came, by the event's id and in order.</summary>
    public ConcurrentDictionary<string, ConcurrentQueue<DateTimeOffset>> Came { get; } = new();

    /// <summary>The ids that were answered with 200.</summary>
    public ConcurrentDictionary<string, int> Taken { get; } = new();

    /// <summary>How often an event is failed before it is taken: 1 to 3 times, each in its own way.</summary>
    public static int FailuresOf(string id) => 1 + (id[^1] % 3);

    public async Task Answer(HttpContext http, ReceivedDelivery delivery)
    {
        var fault = Enum.Parse<EndpointFault>(delivery.Path.Split('/')[0]);
        Came.GetOrAdd(delivery.Id, _ => new()).Enqueue(time.GetUtcNow());
        var number = tries.AddOrUpdate(delivery.Id, 1, (_, before) => before + 1);
        var fails = fault is EndpointFault.Gone or EndpointFault.AlwaysFails || number <= FailuresOf(delivery.Id);
        if (fails && fault is not (EndpointFault.None or EndpointFault.DeadFor72Hours)) await Fail(http, fault);
        else Taken.AddOrUpdate(delivery.Id, 1, (_, before) => before + 1);
    }

    private async Task Fail(HttpContext http, EndpointFault fault)
    {
        switch (fault)
        {
            case EndpointFault.Status500 or EndpointFault.AlwaysFails:
                http.Response.StatusCode = 500;
                break;
            case EndpointFault.Redirect:
                http.Response.StatusCode = 301;
                http.Response.Headers.Location = "/None/elsewhere";
                break;
            case EndpointFault.RetryAfterSeconds:
                http.Response.StatusCode = 429;
                http.Response.Headers.RetryAfter = RetryAfter.TotalSeconds.ToString(CultureInfo.InvariantCulture);
                break;
            case EndpointFault.RetryAfterDate:
                http.Response.StatusCode = 503;
                http.Response.Headers.RetryAfter = (time.GetUtcNow() + RetryAfter).ToString("R");
                break;
            case EndpointFault.Gone:
                http.Response.StatusCode = 410;
                break;
            case EndpointFault.Reset:
                http.Abort();
                break;
            case EndpointFault.SlowBody:
                http.Response.ContentLength = 1000;
                await http.Response.Body.WriteAsync("{"u8.ToArray());
                await http.Response.Body.FlushAsync();
                await Hang(http);
                break;
            case EndpointFault.Timeout:
                await Hang(http);
                break;
        }
    }

    private async Task Hang(HttpContext http)
    {
        Interlocked.Increment(ref hanging);
        await Receiver.Hang(http);
        Interlocked.Decrement(ref hanging);
    }
}
