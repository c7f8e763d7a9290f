namespace Local.ImageApi.Faults;

/// <summary>Everything that can go wrong with an image API, each under the name that tags, headers and the control route use.</summary>
internal enum Fault
{
    // The call is refused at once.
    Unauthorized, TooMany, TooManyAfter2, TooManyDate, BadRequest, ServerError, BadGateway, Unavailable, GatewayTimeout, Code, Safety,

    // The call is not answered, or not as it should be.
    Hang, Reset, Html, Empty, Lost,

    // The call is answered with success, but with other images than asked for.
    Fewer, WrongSize,

    // The call is answered with success, but the images cannot be had.
    UrlNotFound, UrlHtml, UrlTruncated, UrlSlow, UrlHuge,
}

internal static class FaultNames
{
    private static readonly Dictionary<string, Fault> Faults = new(StringComparer.Ordinal)
    {
        ["401"] = Fault.Unauthorized,
        ["429"] = Fault.TooMany,
        ["429-after-2"] = Fault.TooManyAfter2,
        ["429-date"] = Fault.TooManyDate,
        ["400"] = Fault.BadRequest,
        ["500"] = Fault.ServerError,
        ["502"] = Fault.BadGateway,
        ["503"] = Fault.Unavailable,
        ["504"] = Fault.GatewayTimeout,
        ["code"] = Fault.Code,
        ["safety"] = Fault.Safety,
        ["hang"] = Fault.Hang,
        ["reset"] = Fault.Reset,
        ["html"] = Fault.Html,
        ["empty"] = Fault.Empty,
        ["lost"] = Fault.Lost,
        ["fewer"] = Fault.Fewer,
        ["wrong-size"] = Fault.WrongSize,
        ["url-404"] = Fault.UrlNotFound,
        ["url-html"] = Fault.UrlHtml,
        ["url-truncated"] = Fault.UrlTruncated,
        ["url-slow"] = Fault.UrlSlow,
        ["url-huge"] = Fault.UrlHuge,
    };

    public static IEnumerable<string> All => Faults.Keys;

    public static Fault? Find(string name) => Faults.TryGetValue(name, out var fault) ? fault : null;

    public static string Unknown(string name) => $"There is no fault '{name}'; there are: {string.Join(", ", All)}.";
}
