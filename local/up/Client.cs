using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Local.Up;

/// <summary>The app's routes, as a client calls them.</summary>
internal sealed class Client : IDisposable
{
    private static readonly TimeSpan AnswerLimit = TimeSpan.FromSeconds(30);

    private readonly HttpClient http;

    private Client(HttpClient http) => this.http = http;

    public static Client WithApiKey(Uri url, string key)
    {
        var http = new HttpClient { BaseAddress = url, Timeout = AnswerLimit };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return new Client(http);
    }

    public static Client WithOperatorKey(Uri url, string key)
    {
        var http = new HttpClient { BaseAddress = url, Timeout = AnswerLimit };
        http.DefaultRequestHeaders.Add("x-functions-key", key);
        return new Client(http);
    }

    /// <exception cref="HttpRequestException">It was refused; the message has what the app answered.</exception>
    public async Task<T> Get<T>(string route, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(new Uri(route, UriKind.Relative), cancel);
        return await Read<T>(answer, cancel);
    }

    /// <summary>As <see cref="Get{T}"/>, or null if there is no such thing, or not yet.</summary>
    public async Task<T?> Find<T>(string route, CancellationToken cancel)
        where T : class
    {
        try
        {
            return await Get<T>(route, cancel);
        }
        catch (HttpRequestException e) when (e.StatusCode == HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    /// <exception cref="HttpRequestException">It was refused; its status says how, its message has what the app answered.</exception>
    public async Task<T> Post<T>(string route, object body, CancellationToken cancel)
    {
        using var answer = await http.PostAsJsonAsync(route, body, Snake.Json, cancel);
        return await Read<T>(answer, cancel);
    }

    /// <summary>The bytes of a file; a redirect is followed, without the key.</summary>
    public async Task<byte[]> Download(string route, CancellationToken cancel)
    {
        using var answer = await http.GetAsync(new Uri(route, UriKind.Relative), cancel);
        await RefuseFailure(answer, cancel);
        return await answer.Content.ReadAsByteArrayAsync(cancel);
    }

    public void Dispose() => http.Dispose();

    private static async Task<T> Read<T>(HttpResponseMessage answer, CancellationToken cancel)
    {
        await RefuseFailure(answer, cancel);
        return await answer.Content.ReadFromJsonAsync<T>(Snake.Json, cancel)
            ?? throw new JsonException($"{Asked(answer)} answered null.");
    }

    private static async Task RefuseFailure(HttpResponseMessage answer, CancellationToken cancel)
    {
        if (answer.IsSuccessStatusCode) return;
        var body = await answer.Content.ReadAsStringAsync(cancel);
        throw new HttpRequestException($"{Asked(answer)} answered {(int)answer.StatusCode}: {body}", inner: null, answer.StatusCode);
    }

    private static string Asked(HttpResponseMessage answer) =>
        $"{answer.RequestMessage!.Method} {answer.RequestMessage.RequestUri!.GetLeftPart(UriPartial.Path)}";
}
