using Pipeline.Accounts;
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
public sealed class FetchReference(ReferenceStore references)
{
    private static readonly HttpClient http = new();

    public async Task<FetchOutcome> Run(AccountId account, Uri address, CancellationToken cancel)
    {
        try
        {
            using var answer = await http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, cancel);
            if (!answer.IsSuccessStatusCode)
                return new FetchOutcome.Unreachable($"cannot be fetched: it answers {(int)answer.StatusCode}.", (int)answer.StatusCode >= 500);
            await using var stream = await answer.Content.ReadAsStreamAsync(cancel);
            var received = await SpooledImage.From(stream.ReadAsync, UploadReference.BytesMax, cancel);
            if (received is not SpoolOutcome.Whole { Image: var image }) return new FetchOutcome.Unreachable("x", false);
            await using (image) return new FetchOutcome.Stored((await references.Store(account, image, cancel)).Reference);
        }
        catch (HttpRequestException)
        {
            return new FetchOutcome.Unreachable("broke off", true);
        }
    }
}
