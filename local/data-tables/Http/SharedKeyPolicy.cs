using System.Globalization;
using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables;

/// <summary>Signs each try with the account's key: Shared Key Lite for the table service.</summary>
/// <remarks>
/// https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key: HMAC-SHA256 of the date, a line feed, and the
/// canonical resource. The service refuses a date more than 15 minutes old, so a retry gets a date and a signature of its own.
/// </remarks>
internal sealed class SharedKeyPolicy(TableSharedKeyCredential credential, TimeProvider time) : HttpPipelineSynchronousPolicy
{
    public override void OnSendingRequest(HttpMessage message)
    {
        var date = time.GetUtcNow().ToString("r", CultureInfo.InvariantCulture);
        message.Request.Headers.SetValue("x-ms-date", date);
        message.Request.Headers.SetValue("Authorization", Authorization(message.Request.Uri.ToUri(), date));
    }

    internal string Authorization(Uri uri, string date) =>
        $"SharedKeyLite {credential.AccountName}:{credential.Sign($"{date}\n/{credential.AccountName}{uri.AbsolutePath}{Component(uri)}")}";

    /// <summary>The only query parameter that is signed: the part of the resource that is asked for, such as its access policy.</summary>
    private static string Component(Uri uri) =>
        uri.Query.TrimStart('?').Split('&').FirstOrDefault(parameter => parameter.StartsWith("comp=", StringComparison.OrdinalIgnoreCase))
            is { } comp ? $"?comp={comp["comp=".Length..]}" : "";
}
