using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Azure;
using Azure.Data.Tables;
using Azure.Storage.Queues;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Apps;

/// <summary>An app with an account, and what poison messages are made of and become.</summary>
internal sealed class PoisonApp(App app, Account account) : IAsyncDisposable
{
    public const string Lane = "images-standard";

    public App App { get; } = app;

    public Account Account { get; } = account;

    public QueueClient Poison { get; } = new(app.Storage, Lane + "-poison");

    /// <summary>The table of the messages that are kept.</summary>
    public TableClient Kept { get; } = new(app.Storage, "poison");

    /// <summary>Starts it so that the sweeper looks at open jobs far too late to help, and the host gives a message up soon.</summary>
    public static async Task<PoisonApp> Start()
    {
        var app = await App.Start(
            null, ("Jobs__ResendAfter", "01:00:00"), ("Jobs__RetryDelay", "00:10:00"),
            ("AzureFunctionsJobHost__extensions__queues__visibilityTimeout", "00:00:00.1"));
        return new PoisonApp(app, await app.NewAccount(credits: 1000));
    }

    public ValueTask DisposeAsync() => App.DisposeAsync();

    /// <summary>An open job of two images that no message points at.</summary>
    public Task<string> Open() =>
        Account.HoldWithoutMessage(new JobRequest { Prompt = "A cat on a mat", Model = Catalogue.Load().Default, Num = 2 });

    public string MessageOf(string job) =>
        Convert.ToBase64String(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { account = Account.Id, job })));

    public async Task Change(string job, params (string Name, object Value)[] columns)
    {
        var row = new TableEntity(Account.Id, JobId.Parse(job).RowKey);
        foreach (var (name, value) in columns) row[name] = value;
        await new TableClient(App.Storage, "ledger").UpdateEntityAsync(row, ETag.All);
    }

    public async Task<int> InPoisonQueue() => (await Poison.GetPropertiesAsync()).Value.ApproximateMessagesCount;

    /// <summary>Sweeps until so many messages are listed, for the timer's sweep may be at it, and gives them as text.</summary>
    public Task<List<string>> Listed(int count, string query = "") =>
        Account.Until(() => SweepAndList(query), found => found.Count == count);

    private async Task<List<string>> SweepAndList(string query)
    {
        await App.Sweep();
        var found = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            var answer = await App.Operator(HttpMethod.Get, $"v1/operator/poison?{query}{cursor}");
            var page = await answer.Content.ReadFromJsonAsync<JsonElement>();
            found.AddRange(page.GetProperty("data").EnumerateArray().Select(Text));
            cursor = page.GetProperty("next_cursor").GetString() is { } next ? $"&cursor={next}" : null;
        }

        return found;
    }

    private static string Text(JsonElement message)
    {
        return string.Join(' ', ((string[])["account", "job", "reason", "body"]).Select(Of)).TrimEnd();

        string? Of(string name) => message.GetProperty(name).GetString();
    }

    public async Task<string> Replay(string query = "")
    {
        var answer = await App.Operator(HttpMethod.Post, $"v1/operator/poison/{Lane}/replay{query}");
        var replay = await answer.Content.ReadFromJsonAsync<JsonElement>();
        return string.Join(", ", ((string[])["sent", "cleared", "kept", "remaining"]).Select(name => $"{name} {replay.GetProperty(name)}"));
    }
}
