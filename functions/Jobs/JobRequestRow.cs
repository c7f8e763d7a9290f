using System.Text.Json;
using Azure.Data.Tables;
using Pipeline.Http;
using Pipeline.Images;
using Pipeline.References;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>What was asked for, as columns of a job's row; a worker adds to them only what it fetched.</summary>
internal static class JobRequestRow
{
    public static void Write(TableEntity row, JobRequest request)
    {
        row["Prompt"] = request.Prompt;
        row["Model"] = request.Model.Id;
        row["Num"] = request.Num;
        row["ImageSize"] = request.ImageSize;
        WriteImages(row, request);
        row["Search"] = string.Join(' ', request.Search);
        row["ServiceTier"] = request.ServiceTier.ToString();
        // Lines, not JSON: neither keys nor values have line breaks, and JSON's escapes could exceed a property's 64 KiB.
        row["Metadata"] = string.Join('\n', request.Metadata.SelectMany(pair => new[] { pair.Key, pair.Value }));
        if (request.Thinking is { } thinking) row["Thinking"] = thinking.ToString();
        if (request.CustomId is { } customId) row["CustomId"] = customId;
        if (request.WebhookUrl is { } webhookUrl) row["WebhookUrl"] = webhookUrl;
        if (request.Advice.Count > 0) row["Advice"] = JsonSerializer.Serialize(request.Advice, Json.Options);
        if (request.StartBefore is { } startBefore) row["StartBeforeSeconds"] = (int)startBefore.TotalSeconds;
    }

    /// <summary>Of what was asked for, all that a worker may add to: what it fetched from addresses.</summary>
    public static void WriteFetched(TableEntity row, JobRequest request)
    {
        if (request.AllImages.Any(named => named.Image is ImageSource.Web { Stored: not null })) WriteImages(row, request);
    }

    /// <summary>Empties what a caller wrote, and what leads to it; what the job cost and why stays.</summary>
    public static void Redact(TableEntity row)
    {
        foreach (var name in (string[])["Prompt", "RefImages", "EditOf", "Metadata", "CustomId", "WebhookUrl", "Advice"]) row[name] = "";
    }

    /// <exception cref="FormatException">The row is damaged.</exception>
    public static JobRequest Read(TableEntity row, Catalogue catalogue) => new()
    {
        Prompt = row.Required("Prompt", row.GetString),
        Model = catalogue.Find(row.Required("Model", row.GetString)) ?? throw new FormatException($"{row.RowKey} has an unknown model."),
        Num = row.Required("Num", row.GetInt32),
        ImageSize = row.Required("ImageSize", row.GetString),
        RefImages = [.. (row.Parsed<List<StoredSource>>("RefImages") ?? []).Select(source => source.ToImage())],
        EditOf = row.Parsed<StoredSource>("EditOf")?.ToImage().Image,
        Thinking = row.GetString("Thinking") is { } thinking ? Enum.Parse<Thinking>(thinking) : null,
        Search = [.. row.Words("Search").Select(Enum.Parse<SearchKind>)],
        ServiceTier = row.GetString("ServiceTier") is { } tier ? Enum.Parse<ServiceTier>(tier) : ServiceTier.Default,
        CustomId = row.GetString("CustomId") is { Length: > 0 } customId ? customId : null,
        Metadata = Pairs(row.GetString("Metadata")),
        WebhookUrl = row.GetString("WebhookUrl") is { Length: > 0 } webhookUrl ? webhookUrl : null,
        StartBefore = row.GetInt32("StartBeforeSeconds") is { } seconds ? TimeSpan.FromSeconds(seconds) : null,
        Advice = row.Parsed<List<JobWarning>>("Advice") ?? [],
    };

    /// <summary>What a row has as words between spaces.</summary>
    public static string[] Words(this TableEntity row, string name) =>
        row.GetString(name) is { Length: > 0 } text ? text.Split(' ') : [];

    private static void WriteImages(TableEntity row, JobRequest request)
    {
        row["RefImages"] = JsonSerializer.Serialize(request.RefImages.Select(StoredSource.Of), Json.Options);
        row["EditOf"] = request.EditOf is { } editOf
            ? JsonSerializer.Serialize(StoredSource.Of(new ReferenceImage(editOf, Role: null)), Json.Options)
            : "";
    }

    public static IReadOnlyDictionary<string, string> MetadataOf(TableEntity row) => Pairs(row.GetString("Metadata"));

    private static Dictionary<string, string> Pairs(string? lines) => string.IsNullOrEmpty(lines)
        ? []
        : lines.Split('\n').Chunk(2).ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal);

    /// <summary>An image that goes along, as text; an address with what was fetched from it.</summary>
    private sealed record StoredSource(string Image, string? Stored, ReferenceRole? Role)
    {
        public static StoredSource Of(ReferenceImage image) =>
            new(image.Image.ToString()!, (image.Image as ImageSource.Web)?.Stored?.Value, image.Role);

        public ReferenceImage ToImage() => ReadImageSource.Form(Image) switch
        {
            ImageSource.Web web when ReferenceId.TryParse(Stored, out var stored) => new(web with { Stored = stored }, Role),
            { } source => new(source, Role),
            null => new(new ImageSource.Unreadable(Image), Role),
        };
    }
}
