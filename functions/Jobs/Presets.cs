using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Storage;

namespace Pipeline.Jobs;

/// <summary>The presets of all accounts.</summary>
public sealed class Presets(TableServiceClient tables)
{
    private readonly TableClient table = tables.GetTableClient(StorageNames.LedgerTable);

    public async Task<Preset?> Find(AccountId account, string name, CancellationToken cancel)
    {
        if (!Preset.IsName(name)) return null;
        var row = await table.GetEntityIfExistsAsync<TableEntity>(account.Value, LedgerKeys.Preset(name), cancellationToken: cancel);
        return row.HasValue ? Preset.FromRow(row.Value!) : null;
    }

    /// <summary>All of an account's, by name.</summary>
    public async Task<IReadOnlyList<Preset>> All(AccountId account, CancellationToken cancel)
    {
        var presets = new List<Preset>();
        await foreach (var row in table.QueryAsync<TableEntity>(LedgerKeys.AllPresets(account.Value), cancellationToken: cancel))
            presets.Add(Preset.FromRow(row));
        return presets;
    }

    /// <summary>Saves it, over one of the same name.</summary>
    public async Task Save(AccountId account, Preset preset, CancellationToken cancel) =>
        await table.UpsertEntityAsync(preset.ToRow(account), TableUpdateMode.Replace, cancel);

    /// <returns>Whether there was one.</returns>
    public async Task<bool> Delete(AccountId account, string name, CancellationToken cancel)
    {
        if (!Preset.IsName(name)) return false;
        using var answer = await table.DeleteEntityAsync(account.Value, LedgerKeys.Preset(name), ETag.All, cancel);
        return answer.Status != 404;
    }

    /// <summary>A job's fields with those of the preset that it names, if it names one.</summary>
    /// <param name="account">Whose presets.</param>
    /// <param name="job">What should be a JSON object; if it is none, it comes back as it is, for its reader to refuse.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>The fields, or what is wrong with the name.</returns>
    public async Task<(JsonElement Fields, FieldError? Error)> Apply(AccountId account, JsonElement job, CancellationToken cancel)
    {
        if (NameIn(job) is not { } given) return (job, null);
        if (JsonFields.AsText(given) is not { } name) return (job, new FieldError("/preset", "wrong_type", "'preset' must be a string."));
        return await Find(account, name, cancel) is { } preset ? (preset.Under(job), null) : (job, None("/preset", name));
    }

    /// <summary>The preset that a job names, in any JSON type, or null.</summary>
    public static JsonElement? NameIn(JsonElement job) =>
        job.ValueKind == JsonValueKind.Object && job.TryGetProperty("preset", out var given) && given.ValueKind != JsonValueKind.Null
            ? given
            : null;

    public static FieldError None(string pointer, string name)
    {
        var shown = name.Length <= 64 ? name : name[..64] + "…";
        return new(pointer, "not_allowed", $"There is no preset '{shown}' in this account; PUT /v1/presets/{{name}} saves one.");
    }
}
