using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Pipeline.Http;
using Pipeline.Manifests.Reading;
using Pipeline.Storage;

namespace Pipeline.Manifests;

/// <summary>A manifest's file as it came over HTTP, or the problem with it.</summary>
public abstract record ReceivedBody
{
    private ReceivedBody()
    {
    }

    /// <param name="File">All of it.</param>
    /// <param name="Sha256">Of its bytes, in hex.</param>
    /// <param name="Place">Of a large one, which keeps it until this is disposed.</param>
    public sealed record Whole(FileStream File, string Sha256, IDisposable? Place) : ReceivedBody, IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await File.DisposeAsync();
            Place?.Dispose();
        }
    }

    public sealed record Refused(Problem Problem) : ReceivedBody;
}

/// <summary>Takes the file of a manifest that comes over HTTP into a temporary file. Large ones take turns, for the disk's sake.</summary>
public sealed class ReceiveBody(LargeBodies large)
{
    /// <summary>What no gateway of Azure waits for any longer (230 s) need not be waited for here.</summary>
    public static readonly TimeSpan ArrivesWithin = TimeSpan.FromMinutes(4);

    private const string OrElse = "drop the file into the container manifests";

    /// <param name="request">Whose body.</param>
    /// <param name="caller">Who sends it.</param>
    /// <param name="cancel">Gives up.</param>
    public async Task<ReceivedBody> Run(HttpRequest request, string caller, CancellationToken cancel)
    {
        if (request.ContentLength > ReadManifestFile.BytesMax) return TooLarge();
        var file = TemporaryFile.Create();
        LargeBodies.Place? place = null;
        ReceivedBody? body = null;
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[TemporaryFile.BufferBytes];
            for (int count; (count = await request.Body.ReadAsync(buffer, place?.Limit ?? cancel)) > 0;)
            {
                place?.Arrived(count);
                hash.AppendData(buffer, 0, count);
                await file.WriteAsync(buffer.AsMemory(0, count), cancel);
                if (file.Length > ReadManifestFile.BytesMax) return TooLarge();
                if (file.Length <= LargeBodies.BytesMin || place is not null) continue;
                place = await large.Enter(caller, ArrivesWithin, cancel);
                if (place is null) return new ReceivedBody.Refused(Problems.TooManyLargeBodies(LargeBodies.WaitMax, OrElse));
            }

            await file.FlushAsync(cancel);
            return body = new ReceivedBody.Whole(file, Convert.ToHexStringLower(hash.GetHashAndReset()), place);
        }
        catch (BadHttpRequestException)
        {
            return Broken("The body did not arrive whole: its length or its chunks are not as announced.");
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Broken($"{LargeBodies.Pace(ArrivesWithin)} Over a slow line, compress it, or {OrElse}.");
        }
        finally
        {
            if (body is null)
            {
                await file.DisposeAsync();
                place?.Dispose();
            }
        }
    }

    private static ReceivedBody.Refused TooLarge() => new(Problems.TooLarge(ReadManifestFile.BytesMax));

    private static ReceivedBody.Refused Broken(string detail) => new(Problems.InvalidRequest([new FieldError("", "not_allowed", detail)]));
}
