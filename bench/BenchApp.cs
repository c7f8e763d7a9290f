using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Local.ImageApi;
using Local.Up;
using Pipeline.Accounts;

namespace Pipeline.Bench;

/// <summary>The app in a process of its own, as all that is measured over HTTP needs it.</summary>
internal static class BenchApp
{
    private const string OperatorKey = "operator-key-of-the-bench";

    public static async Task<AppProcess> Start(string storage, Simulator simulator, CancellationToken cancel) =>
        await AppProcess.Start(
            new Dictionary<string, string>
            {
                ["AzureWebJobsStorage"] = storage,
                ["ImageApi__BaseUrl"] = simulator.Url.AbsoluteUri,
                ["ImageApi__Key"] = SimulatorOptions.DefaultKey,
                ["Local__FunctionKey"] = OperatorKey,
                ["Local__MasterKey"] = OperatorKey + "-master",
                ["Outgoing__AllowLoopback"] = "true",
            },
            cancel);

    public static async Task<(AccountId Account, string ApiKey)> OpenAccount(
        AppProcess app, string id, long credits, CancellationToken cancel)
    {
        using var http = new HttpClient { BaseAddress = app.Url, DefaultRequestHeaders = { { "x-functions-key", OperatorKey } } };
        using var answer = await http.PostAsJsonAsync("v1/operator/accounts", new { id, name = "Bench", credits }, cancel);
        var account = await answer.EnsureSuccessStatusCode().Content.ReadFromJsonAsync<JsonElement>(cancel);
        return (AccountId.Parse(account.GetProperty("id").GetString()!), account.GetProperty("api_key").GetString()!);
    }

    /// <summary>One job of a manifest, with the end of its line.</summary>
    public static string ManifestLine(int n) =>
        JsonSerializer.Serialize(new { prompt = $"A postcard of town number {n}, seen from its harbour", custom_id = $"town-{n}" }) + '\n';

    public static HttpClient Client(AppProcess app, string apiKey) => new()
    {
        BaseAddress = app.Url,
        DefaultRequestHeaders = { Authorization = new AuthenticationHeaderValue("Bearer", apiKey) },
    };
}
