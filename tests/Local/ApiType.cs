using System.Text.RegularExpressions;

namespace Pipeline.Tests.Local;

/// <summary>A public type as the lists in <c>azure-api/</c> have it.</summary>
/// <param name="Name">Namespace, colon, name.</param>
/// <param name="Kind">Such as <c>static class</c> or <c>enum</c>.</param>
/// <param name="Base">The base class, null for none but object.</param>
/// <param name="Interfaces">All interfaces, inherited ones too.</param>
/// <param name="Members">A line for each member, for each value of an enum.</param>
internal sealed partial record ApiType(string Name, string Kind, string? Base, string[] Interfaces, string[] Members)
{
    /// <summary>The types in the lists that lie beside the tests. Two packages may have a class of extensions of one name.</summary>
    public static Dictionary<string, ApiType> Listed() =>
        Directory.EnumerateFiles(Path.Combine(AppContext.BaseDirectory, "Local", "azure-api"), "*.txt")
            .SelectMany(file => Parse(File.ReadLines(file)))
            .GroupBy(type => type.Name)
            .ToDictionary(same => same.Key, same => same.First() with { Members = [.. same.SelectMany(type => type.Members)] });

    /// <summary>Reads a list: a type's line begins at the margin, its members are indented, <c>#</c> begins a remark.</summary>
    public static IEnumerable<ApiType> Parse(IEnumerable<string> lines)
    {
        string? head = null;
        var members = new List<string>();
        foreach (var line in lines.Append("end").Where(line => line.Length > 0 && line[0] != '#'))
        {
            if (line[0] == ' ')
            {
                members.Add(line.Trim());
                continue;
            }

            if (head is not null) yield return Parse(head, members);
            head = line;
            members = [];
        }
    }

    /// <summary>What this type shows that the listed one does not, in words.</summary>
    public IEnumerable<string> ForeignTo(ApiType listed)
    {
        if (Kind != listed.Kind) yield return $"{Name} is a {Kind}, listed as a {listed.Kind}";
        if (Base != listed.Base) yield return $"{Name} has the base {Base ?? "object"}, listed with {listed.Base ?? "object"}";
        foreach (var foreign in Interfaces.Except(listed.Interfaces)) yield return $"{Name} implements {foreign}";
        foreach (var foreign in Members.Where(member => !listed.Has(member))) yield return $"{Name} has {foreign}";
    }

    /// <summary>Whether a member is listed, or with a wider access: what is protected here may be public there.</summary>
    public bool Has(string member) => Members.Contains(member) || Members.Any(listed => $"protected {listed}" == member);

    private static ApiType Parse(string head, List<string> members)
    {
        var match = HeadLine().Match(head);
        if (!match.Success) throw new InvalidDataException($"No type: {head}");
        var kind = match.Groups["kind"].Value;
        var parents = SplitOutsideBrackets(match.Groups["parents"].Value).ToList();

        // A list does not say which parent is the class. By convention the names of interfaces begin with I and a capital.
        var isClass = kind.EndsWith("class", StringComparison.Ordinal) && parents.Count > 0 && !InterfaceName().IsMatch(parents[0]);
        return new ApiType(
            $"{match.Groups["namespace"].Value}: {match.Groups["name"].Value}",
            kind,
            isClass ? parents[0] : null,
            [.. parents.Skip(isClass ? 1 : 0)],
            kind == "enum" ? [.. members.SelectMany(line => line.Split(", "))] : [.. members]);
    }

    private static IEnumerable<string> SplitOutsideBrackets(string text) => OutsideBrackets().Split(text).Where(part => part.Length > 0);

    [GeneratedRegex(
        @"^(?<namespace>[\w.]+): (?<kind>(?:static |abstract |sealed )?(?:class|struct|interface|enum|delegate)) "
        + @"(?<name>[\w.]+(?:<[^:]*>)?)(?: : (?<parents>.+))?$")]
    private static partial Regex HeadLine();

    [GeneratedRegex("^I[A-Z]")]
    private static partial Regex InterfaceName();

    [GeneratedRegex(@", (?![^<]*>)")]
    private static partial Regex OutsideBrackets();
}
