using System.Net.Http.Json;
using System.Text.Json;
using Pipeline.Tests.Apps;

namespace Pipeline.Tests.Faults;

/// <summary>A caller as the docs ask for: with an Idempotency-Key, and again while the answer is missing or says to come back.</summary>
internal static class PatientCaller
{
    private const int TriesMax = 100;

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Submits a job, always with the same key, until it is accepted, and gives its id.</summary>
    public static async Task<string> Submit(Account account, object job, string key)
    {
        for (var tries = 0; tries < TriesMax; tries++)
        {
            if (await TrySubmit(account, job, key) is { } id) return id;
            await Task.Delay(Pause);
        }

        throw new TimeoutException($"A job was not accepted at any of {TriesMax} tries.");
    }

    /// <summary>Submits a job once.</summary>
    /// <returns>Its id, or null if the answer is missing or says to come back.</returns>
    public static async Task<string?> TrySubmit(Account account, object job, string key)
    {
        try
        {
            using var answer = await account.PostWith(null, "v1/jobs", job, ("Idempotency-Key", key));
            if ((int)answer.StatusCode is 409 or >= 500) return null;
            Assert.That((int)answer.StatusCode, Is.EqualTo(202), await answer.Content.ReadAsStringAsync());
            return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("id").GetString();
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Has the sweeper look, as the timer does every minute; that it cannot just now is no fault.</summary>
    public static async Task Sweep(App app)
    {
        try
        {
            using var answer = await app.Operator(HttpMethod.Post, "v1/operator/sweep");
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            // The next one may.
        }
    }
}
