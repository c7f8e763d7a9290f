using Local.ImageApi;

namespace Local.Up;

/// <summary>Says that all runs and how to use it: to a program in one line, to a person with two commands to paste.</summary>
internal static class ShowReady
{
    private const string Example = """{ "prompt": "A lighthouse in the morning fog", "num": 2, "image_size": "16:9" }""";

    public static void Show(UpOptions options, Platform platform, string apiKey, Screen screen)
    {
        var url = platform.Url.AbsoluteUri.TrimEnd('/');
        var imageApi = platform.ImageApi.AbsoluteUri.TrimEnd('/');
        if (options.Json)
        {
            Screen.Data(new { Url = url, ImageApi = imageApi, ApiKey = apiKey, platform.OperatorKey, platform.Storage });
            return;
        }

        screen.Heading("The pipeline runs.");
        screen.Line();
        screen.Field("Health", $"{url}/v1/health");
        screen.Field("API key", $"{apiKey}, of the account {OpenAccount.Name}");
        screen.Field("Operator key", $"{platform.OperatorKey}, in the header x-functions-key");
        var simulator = options.ImageApi is null ? $", a simulator with the key {SimulatorOptions.DefaultKey}" : "";
        screen.Field("Image API", imageApi + simulator);
        screen.Field("Storage", options.DataFolder is { } data ? $"Azurite, data in {ShownPath.Of(data)}" : "Azurite, in memory only");
        screen.Field("Log", ShownPath.Of(platform.LogFile));
        screen.Heading("Submit a job:");
        screen.Line();
        screen.Line($"""
            curl {url}/v1/jobs \
              -H 'Authorization: Bearer {apiKey}' -H 'Content-Type: application/json' \
              -d '{Example}'
            """);
        screen.Heading("Look at it, with the id from the answer in place of JOB:");
        screen.Line();
        screen.Line($"curl {url}/v1/jobs/JOB -H 'Authorization: Bearer {apiKey}'");
        screen.Line();
        screen.Say("Ctrl+C stops everything.");
    }
}
