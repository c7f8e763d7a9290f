using System.Text.Json;

namespace Local.Up;

/// <summary>JSON as the contract writes it, names in snake_case.</summary>
internal static class Snake
{
    public static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };
}
