using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Local.ImageApi;

namespace Pipeline.Tests.Local.ImageApi;

/// <summary>A simulator on a free port and a client that calls it as the world does, over HTTP.</summary>
internal sealed class Caller : IAsyncDisposable
{
    public const string Model512 = "gemini-3.1-flash-image-preview-512";
    public const string Model1K = "gemini-3.1-flash-image-preview";
    public const string Model2K = "gemini-3.1-flash-image-preview-2k";
    public const string Model4K = "gemini-3.1-flash-image-preview-4k";

    private Caller(Simulator api)
    {
        Api = api;
        Http = new HttpClient { BaseAddress = api.Url, Timeout = TimeSpan.FromSeconds(60) };
        Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", SimulatorOptions.DefaultKey);
    }

    public Simulator Api { get; }

    public HttpClient Http { get; }

    public static SimulatorOptions Fast => new() { Port = 0, Latency = 0, SmallImages = true };

    public static async Task<Caller> Start(SimulatorOptions? options = null) =>
        new(await Simulator.Start(options ?? Fast, CancellationToken.None));

    public Task<HttpResponseMessage> Post(object body, string route = "v1/images/generate") => Http.PostAsJsonAsync(route, body);

    public async Task<Reply> Generate(string prompt, string model = Model512, string ratio = "1:1", int num = 1)
    {
        using var response = await Post(new { prompt, model, image_size = ratio, num });
        return await Reply.Read(response);
    }

    public async Task<byte[]> Draw(string prompt, string model = Model512, string ratio = "1:1") =>
        await Http.GetByteArrayAsync((await Generate(prompt, model, ratio)).Urls.Single());

    public async Task<JsonElement> Control(string route, object? body = null)
    {
        using var response = body is null ? await Http.GetAsync(route) : await Http.PostAsJsonAsync(route, body);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await Api.DisposeAsync();
    }

    internal sealed record Reply(HttpStatusCode Status, int Code, string Message, IReadOnlyList<string> Urls, bool UrlIsArray)
    {
        public static async Task<Reply> Read(HttpResponseMessage response)
        {
            var root = await response.Content.ReadFromJsonAsync<JsonElement>();
            var data = root.GetProperty("data");
            var url = data.ValueKind == JsonValueKind.Object && data.TryGetProperty("url", out var found) ? found : default;
            var urls = url.ValueKind switch
            {
                JsonValueKind.String => [url.GetString()!],
                JsonValueKind.Array => url.EnumerateArray().Select(entry => entry.GetString()!).ToList(),
                _ => (List<string>)[],
            };
            return new Reply(
                response.StatusCode, root.GetProperty("code").GetInt32(), root.GetProperty("message").GetString()!, urls,
                url.ValueKind == JsonValueKind.Array);
        }
    }
}
