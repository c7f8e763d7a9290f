using System.Globalization;
using System.Text.Json;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>Reads the code and message of an error, and the failed action's index where the message begins with one.</summary>
/// <remarks>
/// An error is <c>{"odata.error":{"code":"…","message":{"lang":"en-US","value":"…"}}}</c>; of a transaction the value is
/// <c>index:message</c>.
/// </remarks>
internal sealed class ErrorDetails : RequestFailedDetailsParser
{
    public static ErrorDetails Parser { get; } = new();

    public override bool TryParse(Response response, out ResponseError? error, out IDictionary<string, string>? data)
    {
        error = null;
        data = null;
        if (response.ContentStream is null) return false;
        try
        {
            using var document = JsonDocument.Parse(response.Content.ToMemory());
            var body = document.RootElement.GetProperty("odata.error");
            var message = body.GetProperty("message").GetProperty("value").GetString() ?? "";
            var colon = message.IndexOf(':', StringComparison.Ordinal);
            if (colon > 0 && int.TryParse(message.AsSpan(0, colon), NumberStyles.None, CultureInfo.InvariantCulture, out var index))
            {
                data = new Dictionary<string, string>
                {
                    [TableTransactionFailedException.FailedIndexKey] = index.ToString(CultureInfo.InvariantCulture),
                };
            }

            error = new ResponseError(body.GetProperty("code").GetString(), message);
            return true;
        }
        catch (Exception e) when (e is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Proxies and gateways answer in other forms; the exception then carries the status alone.
            return false;
        }
    }
}
