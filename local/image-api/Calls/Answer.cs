using System.Text.Encodings.Web;
using System.Text.Json;

namespace Local.ImageApi.Calls;

/// <summary>All ways in which the API answers a call, or fails to.</summary>
internal abstract record Answer
{
    /// <summary>Messages quote names: they are to be read, and are never part of a page.</summary>
    private static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <summary>The HTTP status as it is counted; <c>none</c> if the caller never gets a whole answer.</summary>
    public abstract string Counted { get; }

    public abstract Task Send(HttpContext http, CancellationToken left);

    /// <summary>The API's own shape, <c>{ code, message, data }</c>; an error's code is its HTTP status unless told otherwise.</summary>
    internal sealed record Json(int Status, int Code, string Message, object? Data = null, string? RetryAfter = null) : Answer
    {
        public override string Counted => $"{Status}";

        public static Json Refused(int status, string message, string? retryAfter = null) =>
            new(status, status, message, RetryAfter: retryAfter);

        /// <summary>A single image is a string, several are an array, none is an object without a URL.</summary>
        public static Json Success(IReadOnlyList<string> urls) => new(200, 0, "success", urls.Count switch
        {
            0 => new { },
            1 => new { url = urls[0] },
            _ => new { url = urls },
        });

        public byte[] Body() => JsonSerializer.SerializeToUtf8Bytes(new { code = Code, message = Message, data = Data }, Readable);

        public override Task Send(HttpContext http, CancellationToken left)
        {
            if (RetryAfter is not null) http.Response.Headers.RetryAfter = RetryAfter;
            return SendBody(http, Status, "application/json", Body(), left);
        }
    }

    /// <summary>A page where JSON is expected, as from a gateway in between.</summary>
    internal sealed record Html : Answer
    {
        public override string Counted => "200";

        public override Task Send(HttpContext http, CancellationToken left) => SendBody(http, 200, "text/html", PageBytes(), left);

        public static byte[] PageBytes() => "<!DOCTYPE html><html><body><h1>Please stand by</h1></body></html>"u8.ToArray();
    }

    /// <summary>Nothing, until the caller leaves.</summary>
    internal sealed record Hang : Answer
    {
        public override string Counted => StatsBook.None;

        public override async Task Send(HttpContext http, CancellationToken left) =>
            await Task.Delay(Timeout.InfiniteTimeSpan, left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>The connection breaks in the middle of the answer.</summary>
    internal sealed record Reset(Json Whole, TimeProvider Time) : Answer
    {
        /// <summary>Time for the first half to arrive: a reset throws away what the caller has not read yet.</summary>
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

        public override string Counted => StatsBook.None;

        public override async Task Send(HttpContext http, CancellationToken left)
        {
            var body = Whole.Body();
            http.Response.ContentType = "application/json";
            http.Response.ContentLength = body.Length;
            await http.Response.Body.WriteAsync(body.AsMemory(0, body.Length / 2), left);
            await http.Response.Body.FlushAsync(left);
            await Task.Delay(Pause, Time, left);
            http.Abort();
        }
    }

    /// <summary>The connection breaks before the answer.</summary>
    internal sealed record Lost : Answer
    {
        public override string Counted => StatsBook.None;

        public override Task Send(HttpContext http, CancellationToken left)
        {
            http.Abort();
            return Task.CompletedTask;
        }
    }

    private static async Task SendBody(HttpContext http, int status, string type, byte[] body, CancellationToken left)
    {
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = body.Length;
        await http.Response.Body.WriteAsync(body, left);
    }
}
