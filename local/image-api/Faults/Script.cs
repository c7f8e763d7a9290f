using System.Globalization;
using System.Text.RegularExpressions;

namespace Local.ImageApi.Faults;

/// <summary>What a prompt's tags ask for, and the prompt without them.</summary>
internal sealed partial record Script(string Prompt, IReadOnlyList<ScriptedFault> Faults, TimeSpan Slow)
{
    /// <summary>Longer than any timeout of a client, and short enough that a forgotten call ends.</summary>
    private const double SlowSecondsMax = 3600;

    /// <summary>The tags of a prompt; if one of them means nothing, a message that says so.</summary>
    public static (Script? Script, string? Problem) Read(string text)
    {
        var faults = new List<ScriptedFault>();
        var slow = TimeSpan.Zero;
        foreach (Match tag in Tags().Matches(text))
        {
            var value = tag.Groups["value"].Value;
            if (tag.Groups["kind"].Value == "fault")
            {
                if (!ScriptedFault.TryRead(value, out var fault)) return (null, $"{tag.Value} in the prompt: {FaultNames.Unknown(value)}");
                faults.Add(fault);
            }
            else
            {
                if (!double.TryParse(value, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
                    || seconds > SlowSecondsMax)
                {
                    return (null, $"{tag.Value} in the prompt: seconds must be a number from 0 to {SlowSecondsMax}.");
                }

                slow += TimeSpan.FromSeconds(seconds);
            }
        }

        var prompt = Spaces().Replace(Tags().Replace(text, " "), " ").Trim();
        return (new Script(prompt, faults, slow), null);
    }

    [GeneratedRegex(@"\[\[(?<kind>fault|slow):(?<value>[^\[\]]*)\]\]")]
    private static partial Regex Tags();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Spaces();
}

/// <summary>A fault that a call's own prompt or header asks for: in its first <paramref name="Calls"/> calls.</summary>
internal readonly record struct ScriptedFault(Fault Fault, int Calls)
{
    /// <summary><c>NAME</c> for every call, <c>NAME:K</c> for the first K.</summary>
    public static bool TryRead(string text, out ScriptedFault scripted)
    {
        var parts = text.Split(':');
        var calls = int.MaxValue;
        var fault = FaultNames.Find(parts[0].Trim());
        scripted = default;
        if (fault is null || parts.Length > 2) return false;
        if (parts.Length == 2 && !int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out calls)) return false;
        scripted = new ScriptedFault(fault.Value, calls);
        return true;
    }
}
