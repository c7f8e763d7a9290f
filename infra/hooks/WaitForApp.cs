using System.Text.Json;

namespace Pipeline.Hooks;

/// <summary>Waits until the app runs and reaches its storage. Whether it reaches the image API is another matter.</summary>
internal static class WaitForApp
{
    private const string ImageApi = "image_api";

    /// <exception cref="HookFailedException">It did not, in ten minutes.</exception>
    public static async Task Run(HttpClient http, Deployment deployment, CancellationToken cancel)
    {
        var seen = "it does not answer";
        for (var i = 0; i < Deployment.TriesMax; i++)
        {
            if (i > 0) await Task.Delay(deployment.Pause, cancel);
            if (i == 1) Console.WriteLine($"Waiting for {deployment.Url} …");
            var failed = await FailedChecks(http, cancel);
            if (failed is null) continue;
            if (!failed.Exists(check => check != ImageApi))
            {
                if (failed.Count > 0) Console.WriteLine("The app runs, but cannot reach the image API: look at ImageApi__BaseUrl.");
                return;
            }

            seen = $"it does not reach {string.Join(", ", failed)}";
        }

        throw new HookFailedException(
            $"{deployment.Url} is not ready: {seen}. See its log stream in the portal, and then run 'azd deploy' again.");
    }

    /// <summary>The parts that the app does not reach; null if it says nothing of the kind.</summary>
    private static async Task<List<string>?> FailedChecks(HttpClient http, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(new Uri("v1/health", UriKind.Relative), cancel);
            using var health = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(cancel));
            return [.. health.RootElement.GetProperty("checks").EnumerateArray()
                .Where(check => !check.GetProperty("ok").GetBoolean())
                .Select(check => check.GetProperty("name").GetString()!)];
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Not there yet: no answer, or one of the platform's pages.
            return null;
        }
        catch (TaskCanceledException) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}
