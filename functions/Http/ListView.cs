using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Pipeline.Http;

/// <summary>One page of a list.</summary>
public sealed record ListView<T>(
    [AllowedValues("list")] string Object,
    IReadOnlyList<T> Data,
    [Description("What 'cursor' must be for the next page; null if there is none.")] string? NextCursor);

/// <summary>What every list may be asked for.</summary>
public record ListQuery
{
    [Whole(1, Paging.LimitMax), DefaultValue(Paging.LimitDefault)]
    public int? Limit { get; init; }

    [Description("The 'next_cursor' of the page before.")]
    public string? Cursor { get; init; }
}
