using System.Security.Cryptography;

namespace Local.Up.Demo;

/// <summary>A picture on this machine.</summary>
internal sealed record SavedPicture(string Path, int Width, int Height, long Bytes);

/// <summary>Downloads a finished job's pictures, each by its route, and checks that they are what the app says.</summary>
internal static class SavePictures
{
    /// <exception cref="HttpRequestException">The app did not hand one out.</exception>
    /// <exception cref="InvalidDataException">One is not the picture that the job tells of.</exception>
    public static async Task<IReadOnlyList<SavedPicture>> Run(Client client, JobAnswer job, string folder, CancellationToken cancel)
    {
        var saved = new List<SavedPicture>(job.Images.Count);
        foreach (var image in job.Images)
        {
            var route = $"v1/jobs/{job.Id}/images/{image.Index}";
            var bytes = await client.Download(route, cancel);
            if (Convert.ToHexStringLower(SHA256.HashData(bytes)) != image.Sha256)
                throw new InvalidDataException($"{route} gave {bytes.Length:N0} bytes that do not have the SHA-256 that the job tells.");

            var number = job.Images.Count > 1 ? $"-{image.Index + 1}" : "";
            var path = Path.Combine(folder, $"{job.CustomId}{number}.{image.ContentType!.Split('/')[^1]}");
            await File.WriteAllBytesAsync(path, bytes, cancel);
            saved.Add(new SavedPicture(path, image.Width!.Value, image.Height!.Value, bytes.Length));
        }

        return saved;
    }
}
