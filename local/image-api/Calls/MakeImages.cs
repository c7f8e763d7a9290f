using System.Globalization;
using System.Text.Json;
using Local.ImageApi.Faults;
using Local.ImageApi.Files;
using Local.ImageApi.Pictures;

namespace Local.ImageApi.Calls;

/// <summary>Both routes of the API.</summary>
internal sealed class MakeImages(
    SimulatorOptions options, Catalogue catalogue, FaultBook faults, FetchReferences fetchReferences, Shelf shelf, StatsBook stats)
{
    /// <summary>The header in which a call asks for faults as a prompt's tags do: names, with commas between them.</summary>
    private const string FaultHeader = "x-sim-fault";

    /// <summary>What <c>429-after-2</c> and <c>429-date</c> tell the caller to wait.</summary>
    private const int RetryAfterSeconds = 2;

    private const double JitterShare = 0.1;

    /// <summary>By tier; what callers of the real API see.</summary>
    private static readonly double[] LatencySeconds = [4, 8, 15, 30];

    public async Task Handle(HttpContext http, CallKind kind, CancellationToken left)
    {
        using var call = stats.Begin();
        var answer = await Decide(http, kind, call, left);
        if (answer is not Answer.Hang) call.End(left.IsCancellationRequested ? StatsBook.None : answer.Counted);
        await answer.Send(http, left);
    }

    private async Task<Answer> Decide(HttpContext http, CallKind kind, StatsBook.Call call, CancellationToken left)
    {
        if (http.Request.Headers.Authorization != $"Bearer {options.Key}") return Answer.Json.Refused(401, "Invalid API key");
        var (request, problem) = await Read(http, kind, left);
        if (request is null) return Answer.Json.Refused(400, problem!);
        var (byHeader, unknown) = FromHeader(http);
        if (unknown is not null) return Answer.Json.Refused(400, unknown);

        call.IsOf(request.PromptSent);
        var befalls = faults.Next(request.PromptSent, [.. byHeader, .. request.Script.Faults]);
        await Wait(request.Script.Slow, left);
        if (AtOnce(befalls.InPlaceOfAnswer) is { } instead) return instead;

        var (references, unusable) = await fetchReferences.Fetch(request, left);
        if (unusable is not null) return Answer.Json.Refused(400, unusable);
        call.Saw(references);

        var seen = references.Select(reference => reference.Sha256);
        var seed = Seed.Of([$"{options.Seed}", $"{kind}", request.Script.Prompt, request.Model.Id, request.Ratio, .. seen]);
        await Wait(Latency(request.Model.Tier, seed), left);
        return Finish(http, request, befalls, call, seed);
    }

    /// <summary>The work itself, done and charged also if the caller has left by now: the real API has no way to call it off.</summary>
    private Answer Finish(HttpContext http, CallRequest request, CallFaults befalls, StatsBook.Call call, ulong seed)
    {
        if (befalls.InPlaceOfAnswer == Fault.Empty) return Answer.Json.Success([]);
        var count = befalls.Fewer ? request.Count - 1 : request.Count;
        var urls = Enumerable.Range(1, count)
            .Select(index => shelf.Put(Draw(request, index, seed, befalls.WrongSize), befalls.Url))
            .Select(name => $"{http.Request.Scheme}://{http.Request.Host}/files/{name}").ToList();
        var success = Answer.Json.Success(urls);
        if (befalls.InPlaceOfAnswer == Fault.Reset) return new Answer.Reset(success, options.Time);
        call.Made(count, request.Model.CreditsPerImage);
        return befalls.InPlaceOfAnswer == Fault.Lost ? new Answer.Lost() : success;
    }

    private Picture Draw(CallRequest request, int index, ulong seed, bool wrongSize)
    {
        var tier = wrongSize ? Tier.One : request.Model.Tier;
        var prompt = request.Script.Prompt;
        return new Picture(
            prompt.Length > Picture.PromptMax ? prompt[..Picture.PromptMax] : prompt, request.Model.Id, request.Ratio, tier,
            catalogue.Size(request.Ratio, tier), index, request.Count, Seed.Of($"{seed}", $"{index}"), !options.SmallImages);
    }

    private Answer? AtOnce(Fault? fault) => fault switch
    {
        Fault.Unauthorized => Answer.Json.Refused(401, "Invalid API key"),
        Fault.TooMany => Answer.Json.Refused(429, "Too many requests"),
        Fault.TooManyAfter2 => Answer.Json.Refused(429, "Too many requests", $"{RetryAfterSeconds}"),
        Fault.TooManyDate => Answer.Json.Refused(429, "Too many requests", RetryDate()),
        Fault.BadRequest => Answer.Json.Refused(400, "Invalid parameter"),
        Fault.ServerError => Answer.Json.Refused(500, "Internal server error"),
        Fault.BadGateway => Answer.Json.Refused(502, "Bad gateway"),
        Fault.Unavailable => Answer.Json.Refused(503, "The model is overloaded"),
        Fault.GatewayTimeout => Answer.Json.Refused(504, "Gateway timeout"),
        Fault.Code => new Answer.Json(200, 1001, "Generation failed"),
        Fault.Safety => new Answer.Json(200, 2001, "The request was blocked by the safety filter (IMAGE_SAFETY)"),
        Fault.Html => new Answer.Html(),
        Fault.Hang => new Answer.Hang(),
        _ => null,
    };

    /// <summary>A date has whole seconds: one more, so that the wait is never shorter than said.</summary>
    private string RetryDate() =>
        options.Time.GetUtcNow().AddSeconds(RetryAfterSeconds + 1).ToString("R", CultureInfo.InvariantCulture);

    private TimeSpan Latency(Tier tier, ulong seed) =>
        TimeSpan.FromSeconds(LatencySeconds[(int)tier] * options.Latency * new Chance(seed).Between(1 - JitterShare, 1 + JitterShare));

    /// <summary>Ends early, without a fuss, when the caller leaves.</summary>
    private async Task Wait(TimeSpan time, CancellationToken left)
    {
        if (time == TimeSpan.Zero) return;
        await Task.Delay(time, options.Time, left).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task<(CallRequest? Request, string? Problem)> Read(HttpContext http, CallKind kind, CancellationToken left)
    {
        try
        {
            using var body = await JsonDocument.ParseAsync(http.Request.Body, cancellationToken: left);
            return CallRequest.Read(body.RootElement, kind, catalogue);
        }
        catch (JsonException e)
        {
            return (null, $"The body is not JSON: {e.Message}");
        }
    }

    private static (IReadOnlyList<ScriptedFault> Faults, string? Problem) FromHeader(HttpContext http)
    {
        var faults = new List<ScriptedFault>();
        foreach (var name in http.Request.Headers.GetCommaSeparatedValues(FaultHeader))
        {
            if (!ScriptedFault.TryRead(name, out var fault)) return ([], $"{FaultHeader}: {FaultNames.Unknown(name)}");
            faults.Add(fault);
        }

        return (faults, null);
    }
}
