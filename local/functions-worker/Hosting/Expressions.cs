using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>Expressions <c>%Setting%</c> in the arguments of trigger attributes.</summary>
internal static partial class Expressions
{
    public static string Resolve(string text, string function, IConfiguration settings) =>
        Setting().Replace(text, match =>
        {
            var name = match.Groups[1].Value;
            return settings[name.Replace("__", ":", StringComparison.Ordinal)]
                ?? throw RefusedException.Of(function, $"the setting '{name}' of '{text}' is missing.");
        });

    [GeneratedRegex("%([^%]+)%")]
    private static partial Regex Setting();
}
