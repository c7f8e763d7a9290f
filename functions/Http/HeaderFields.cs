using System.Globalization;
using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;

namespace Pipeline.Http;

/// <summary>Reads a request's headers one by one and notes what is wrong with each. A pointer is the header's name.</summary>
public sealed partial class HeaderFields(IHeaderDictionary headers)
{
    private readonly List<FieldError> errors = [];

    public IReadOnlyList<FieldError> Errors => errors;

    /// <summary>A header of 1 to so many characters, or null with an error noted if it is there and wrong.</summary>
    public string? Text(string name, int lengthMax)
    {
        if (!headers.TryGetValue(name, out var values)) return null;
        if (values.Count == 1 && values[0] is { Length: > 0 } value && value.Length <= lengthMax) return value;
        Refuse(name, "out_of_range", $"The header '{name}' must be given once, with 1 to {lengthMax} characters.");
        return null;
    }

    /// <summary>
    /// The preference <c>wait</c> of <c>Prefer</c> (RFC 7240), or null if there is none. As the RFC has it, other preferences are passed
    /// over, and of several <c>wait</c> the first counts.
    /// </summary>
    public TimeSpan? Wait(int secondsMax)
    {
        var wait = Preference().Matches(string.Join(',', headers["Prefer"].ToArray()))
            .FirstOrDefault(preference => preference.Groups["name"].Value.Equals("wait", StringComparison.OrdinalIgnoreCase));
        if (wait is null) return null;

        var given = wait.Groups["value"].Value.Trim('"');
        if (int.TryParse(given, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds >= 1 && seconds <= secondsMax)
            return TimeSpan.FromSeconds(seconds);
        Refuse("Prefer", "out_of_range", $"'Prefer: wait=N' takes whole seconds from 1 to {secondsMax}.");
        return null;
    }

    private void Refuse(string name, string code, string detail) => errors.Add(new FieldError(name, code, detail));

    /// <summary>
    /// One preference after another: a name, a value or none, parameters that nobody needs. Text in quotes may have commas, so that the
    /// list cannot just be split at them. Atomic, so that no header takes more than one pass.
    /// </summary>
    [GeneratedRegex("""\G(?>[\s,]*(?<name>[^\s,;="]*)\s*(?:=\s*(?<value>"[^"]*"|[^\s,;"]*))?(?:"[^"]*"|[^,"])*)(?:,|$)""")]
    private static partial Regex Preference();
}
