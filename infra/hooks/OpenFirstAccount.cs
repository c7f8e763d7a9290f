using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace Pipeline.Hooks;

/// <summary>Opens the first account, and shows its API key: this once.</summary>
internal static class OpenFirstAccount
{
    /// <exception cref="HookFailedException">The app refused, or was not there.</exception>
    public static async Task Run(HttpClient http, Deployment deployment, CancellationToken cancel)
    {
        string[] ask =
        [
            "functionapp", "keys", "list", "--subscription", deployment.Subscription, "--resource-group", deployment.ResourceGroup,
            "--name", deployment.App, "--query", "functionKeys.default", "--output", "tsv",
        ];
        http.DefaultRequestHeaders.Add("x-functions-key", await Command.Read("az", ask, cancel));

        var account = deployment.FirstAccount;
        var body = new { id = account, name = account, credits = deployment.FirstCredits };
        for (var i = 0; ; i++)
        {
            if (i > 0) await Task.Delay(deployment.Pause, cancel);
            var isLast = i + 1 == Deployment.TriesMax;
            try
            {
                // A lost answer costs the key: the account is then there, and an operator makes it another one.
                using var answer = await http.PostAsJsonAsync(new Uri("v1/operator/accounts", UriKind.Relative), body, cancel);
                if (answer.StatusCode == HttpStatusCode.Created) Show(await answer.Content.ReadFromJsonAsync<JsonElement>(cancel));
                else if (await IsThere(http, answer.StatusCode, account, cancel))
                    Console.WriteLine(
                        $"The account '{account}' is there already; its keys stay as they are. "
                        + $"Is its key lost? POST /v1/operator/accounts/{account}/keys makes another: infra/README.md.");
                else if (answer.StatusCode >= HttpStatusCode.InternalServerError && !isLast) continue;
                else throw new HookFailedException(await Refusal(answer, account, cancel));
                return;
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancel.IsCancellationRequested)
            {
                // The app may be starting again, because its settings or its code have just changed.
                if (isLast)
                    throw new HookFailedException($"The account '{account}' could not be opened: {e.Message} Run 'azd deploy' again.");
            }
        }
    }

    // The request is refused for other reasons, too.
    private static async Task<bool> IsThere(HttpClient http, HttpStatusCode status, string account, CancellationToken cancel)
    {
        if (status != HttpStatusCode.BadRequest) return false;
        using var answer = await http.GetAsync(new Uri($"v1/operator/accounts/{Uri.EscapeDataString(account)}", UriKind.Relative), cancel);
        return answer.StatusCode == HttpStatusCode.OK;
    }

    private static async Task<string> Refusal(HttpResponseMessage answer, string account, CancellationToken cancel) =>
        $"The account '{account}' could not be opened: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancel)}";

    private static void Show(JsonElement opened) => Console.WriteLine(
        $"""
        The account '{opened.GetProperty("id").GetString()}' has {opened.GetProperty("credits").GetProperty("available")} credits.
        Its API key, which is shown only now:
        {opened.GetProperty("api_key").GetString()}
        """);
}
