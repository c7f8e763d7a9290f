using System.Net;
using Pipeline.Storage;
using Polly;
using Polly.Retry;

namespace Pipeline.Images;

/// <summary>What came of a download.</summary>
internal abstract record DownloadOutcome
{
    private DownloadOutcome()
    {
    }

    /// <summary>It is all here; dispose it.</summary>
    public sealed record Whole(SpooledImage Image) : DownloadOutcome;

    /// <summary>No usable image came.</summary>
    /// <param name="Fault">What came instead, for people.</param>
    /// <param name="MayPass">Whether the next try may bring it.</param>
    public sealed record Failed(string Fault, bool MayPass) : DownloadOutcome;
}

/// <summary>
/// Downloads an image that the image API made, into a temporary file. Tries again while the tier's time lasts: the image is made and paid
/// for, and asking for another costs the same once more.
/// </summary>
internal sealed class DownloadImage
{
    private const int RetriesMax = 3;

    /// <summary>Doubled for each further try.</summary>
    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(0.2);

    private readonly HttpClient http;
    private readonly ImageApiOptions options;
    private readonly OutputOptions outputs;
    private readonly TimeProvider time;
    private readonly ResiliencePipeline<DownloadOutcome> retries;

    public DownloadImage(HttpClient http, ImageApiOptions options, OutputOptions outputs, TimeProvider time)
    {
        (this.http, this.options, this.outputs, this.time) = (http, options, outputs, time);
        retries = new ResiliencePipelineBuilder<DownloadOutcome> { TimeProvider = time }
            .AddRetry(new RetryStrategyOptions<DownloadOutcome>
            {
                MaxRetryAttempts = RetriesMax,
                Delay = FirstDelay,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                ShouldHandle = args => new(args.Outcome.Result is DownloadOutcome.Failed { MayPass: true }),
            })
            .Build();
    }

    /// <summary>Downloads what is behind a URL. Never throws for what its server does.</summary>
    /// <param name="url">Where the image API put it.</param>
    /// <param name="folder">Where it goes; its tier limits how long all tries together may take.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<DownloadOutcome> From(Uri url, ImageFolder folder, CancellationToken cancel)
    {
        var allowed = options.TimeoutOf(folder.Model);
        using var timeout = new CancellationTokenSource(allowed, time);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            return await retries.ExecuteAsync(async stop => await Once(url, folder, stop), limit.Token);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new DownloadOutcome.Failed($"The image could not be downloaded within {allowed.TotalSeconds:0} s.", MayPass: false);
        }
    }

    private async Task<DownloadOutcome> Once(Uri url, ImageFolder folder, CancellationToken cancel)
    {
        try
        {
            using var response = await http.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!response.IsSuccessStatusCode)
                return new DownloadOutcome.Failed($"The image's URL answered {(int)response.StatusCode}.", MayPass(response.StatusCode));
            await using var stream = await response.Content.ReadAsStreamAsync(cancel);
            return await Receive(stream, folder, cancel) switch
            {
                SpoolOutcome.Whole whole => new DownloadOutcome.Whole(whole.Image),
                SpoolOutcome.TooLarge => new DownloadOutcome.Failed(
                    $"The image is larger than {options.ImageBytesMax:N0} bytes.", MayPass: false),
                SpoolOutcome.BrokeOff => BrokeOff(),
                _ => new DownloadOutcome.Failed("What was behind the image's URL is no whole PNG, JPEG or WebP file.", MayPass: true),
            };
        }
        catch (HttpRequestException)
        {
            return BrokeOff();
        }
    }

    private Task<SpoolOutcome> Receive(Stream stream, ImageFolder folder, CancellationToken cancel)
    {
        if (!outputs.EmbedPrompt) return SpooledImage.From(stream.ReadAsync, options.ImageBytesMax, cancel);
        var texts = PngText.ChunksOf(folder.Request);
        return SpooledImage.From(new PngText(stream.ReadAsync, texts).Receive, options.ImageBytesMax + texts.Length, cancel);
    }

    /// <summary>Not found may pass, too: a file that was just made may not have reached the server that is asked.</summary>
    private static bool MayPass(HttpStatusCode status) =>
        status is HttpStatusCode.NotFound or HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)status >= 500;

    private static DownloadOutcome.Failed BrokeOff() => new("The image's download broke off.", MayPass: true);
}
