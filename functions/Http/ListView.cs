using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Text.Json.Serialization;

namespace Pipeline.Http;

/// <summary>One page of a list.</summary>
[method: JsonConstructor]
public sealed record ListView<T>(
    [AllowedValues("list")] string Object,
    IReadOnlyList<T> Data,
    [Description("What 'cursor' must be for the next page; null if there is none.")] string? NextCursor)
{
    public ListView(IReadOnlyList<T> data, string? nextCursor) : this("list", data, nextCursor)
    {
    }
}
