using System.Globalization;
using Pipeline.Accounts;
using Pipeline.Http;
using Pipeline.Images;

namespace Pipeline.References;

/// <summary>What became of an address of a caller's.</summary>
public abstract record FetchOutcome
{
    private FetchOutcome()
    {
    }

    public sealed record Stored(StoredReference Reference) : FetchOutcome;

    /// <param name="Detail">Why not, as the rest of a sentence.</param>
    /// <param name="MayPass">Whether another try may do better.</param>
    public sealed record Unreachable(string Detail, bool MayPass) : FetchOutcome;
}

/// <summary>Fetches an image from an address of a caller's, and stores it as a reference.</summary>
public sealed class FetchReference(GuardedHttp guarded, ReferenceStore references)
{
    /// <summary>A caller waits meanwhile.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    /// <summary>Fetches once. Redirects are not followed, and what counts is in the bytes, not in a name or a header.</summary>
    public async Task<FetchOutcome> Run(AccountId account, Uri address, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        return await guarded.Send(account.Value, request, Limit, Receive, cancel) switch
        {
            GuardedOutcome<Received>.Answered { Value.Spooled: SpoolOutcome.Whole { Image: var image } } =>
                await Store(account, image, cancel),
            GuardedOutcome<Received>.Answered { Value: var received } => FaultOf(received),
            GuardedOutcome<Received>.Forbidden forbidden => new FetchOutcome.Unreachable(forbidden.Detail, MayPass: false),
            GuardedOutcome<Received>.Unreachable unreachable => new FetchOutcome.Unreachable(unreachable.Detail, MayPass: true),
            _ => throw new InvalidOperationException("An address answers, or does not."),
        };
    }

    private static async Task<Received> Receive(HttpResponseMessage answer, CancellationToken cancel)
    {
        if (!answer.IsSuccessStatusCode) return new Received((int)answer.StatusCode, null);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
        return new Received((int)answer.StatusCode, await SpooledImage.From(stream.ReadAsync, UploadReference.BytesMax, cancel));
    }

    private async Task<FetchOutcome> Store(AccountId account, SpooledImage image, CancellationToken cancel)
    {
        await using (image) return new FetchOutcome.Stored((await references.Store(account, image, cancel)).Reference);
    }

    private static FetchOutcome.Unreachable FaultOf(Received received) => received switch
    {
        { Status: >= 300 and <= 399 and var status } => Never($"answers {Text(status)}: redirects are not followed, give its target."),
        { Status: (408 or 425 or 429 or >= 500) and var status } => new($"answers {Text(status)}.", MayPass: true),
        { Spooled: null, Status: var status } => Never($"answers {Text(status)}."),
        { Spooled: SpoolOutcome.TooLarge } => Never($"has more than {UploadReference.BytesMax:N0} bytes."),
        { Spooled: SpoolOutcome.NotAnImage } => Never("is no PNG, JPEG or WebP file."),
        { Spooled: SpoolOutcome.Truncated or SpoolOutcome.BrokeOff } => new("broke off in the middle of the image.", MayPass: true),
        _ => throw new InvalidOperationException("What is received is an image or has a fault."),
    };

    private static FetchOutcome.Unreachable Never(string detail) => new(detail, MayPass: false);

    private static string Text(int status) => status.ToString(CultureInfo.InvariantCulture);

    /// <param name="Status">What it answered.</param>
    /// <param name="Spooled">What came, if the answer was a good one.</param>
    private sealed record Received(int Status, SpoolOutcome? Spooled);
}
