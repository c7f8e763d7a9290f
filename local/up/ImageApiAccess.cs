namespace Local.Up;

/// <summary>Where the app finds an image API, and the key for it.</summary>
internal sealed record ImageApiAccess(Uri Url, string Key)
{
    /// <summary>The environment variable that the app reads the key from, and so do we.</summary>
    public const string KeyVariable = "ImageApi__Key";

    /// <summary>The API that was asked for, or null if that is the simulator.</summary>
    /// <exception cref="CannotStartException">There is no key for it.</exception>
    public static ImageApiAccess? Given(UpOptions options)
    {
        if (options.ImageApi is null) return null;
        var key = Environment.GetEnvironmentVariable(KeyVariable);
        return string.IsNullOrEmpty(key)
            ? throw new CannotStartException(
                $"--image-api {options.ImageApi.OriginalString} needs the key of that API in the environment variable {KeyVariable}, "
                + "which is not set.")
            : new ImageApiAccess(options.ImageApi, key);
    }
}
