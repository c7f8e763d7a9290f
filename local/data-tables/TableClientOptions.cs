using Azure.Core;

namespace Azure.Data.Tables;

/// <summary>How the clients talk to the table service: retries, diagnostics, transport, and added policies.</summary>
public class TableClientOptions : ClientOptions
{
    private static readonly string[] LoggedHeaders = ["DataServiceVersion", "ETag", "If-Match", "Prefer", "x-ms-version"];
    private static readonly string[] LoggedQuery = ["$format", "$select", "$top"];

    /// <param name="serviceVersion">Default 2020-12-06, the first version that accepts bearer tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">No such version.</exception>
    public TableClientOptions(ServiceVersion serviceVersion = ServiceVersion.V2020_12_06)
    {
        VersionHeader = serviceVersion switch
        {
            ServiceVersion.V2019_02_02 => "2019-02-02",
            ServiceVersion.V2020_12_06 => "2020-12-06",
            _ => throw new ArgumentOutOfRangeException(nameof(serviceVersion), serviceVersion, "Unknown version of the table service."),
        };
        foreach (var header in LoggedHeaders) Diagnostics.LoggedHeaderNames.Add(header);
        foreach (var parameter in LoggedQuery) Diagnostics.LoggedQueryParameters.Add(parameter);
    }

    /// <summary>A version of the table service's protocol.</summary>
    public enum ServiceVersion
    {
        V2019_02_02 = 1,

        V2020_12_06 = 2,
    }

    internal string VersionHeader { get; }
}
