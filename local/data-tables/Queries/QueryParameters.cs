using System.Globalization;
using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>What a read asks for.</summary>
internal static class QueryParameters
{
    public static void AppendQuery(this HttpMessage message, string? filter, IEnumerable<string>? select, int? top)
    {
        var uri = message.Request.Uri;
        uri.AppendQuery("$format", TableService.AnswerFormat, escapeValue: true);
        if (top is { } count) uri.AppendQuery("$top", count.ToString(CultureInfo.InvariantCulture), escapeValue: true);
        if (select is not null) uri.AppendQuery("$select", string.Join(',', select), escapeValue: true);
        if (!string.IsNullOrEmpty(filter)) uri.AppendQuery("$filter", filter, escapeValue: true);
    }
}
