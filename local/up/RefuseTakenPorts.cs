namespace Local.Up;

/// <summary>Finds out before anything is started whether a port is taken, and says which option chooses another.</summary>
internal static class RefuseTakenPorts
{
    /// <exception cref="CannotStartException">One is in use, or asked for twice.</exception>
    public static void Check(UpOptions options)
    {
        var wanted = Wanted(options).ToList();
        foreach (var (port, whose, option) in wanted)
        {
            foreach (var other in wanted.Where(other => other.Port == port && other.Option != option))
                throw new CannotStartException($"Port {port} cannot be {whose} and {other.Whose}: change {option} or {other.Option}.");
            if (!FreePorts.IsTaken(port)) continue;
            var free = FreePorts.Find(option == "--storage-port" ? UpOptions.StoragePorts : 1);
            throw new CannotStartException(
                $"Port {port}, {whose}, is in use: stop what listens there, or choose another, for example {option} {free}.");
        }
    }

    private static IEnumerable<(int Port, string Whose, string Option)> Wanted(UpOptions options)
    {
        if (options.AppPort is { } app) yield return (app, "the app's", "--port");
        if (options.ImageApi is null && options.SimulatorPort is { } simulator)
            yield return (simulator, "the image API simulator's", "--image-api-port");
        if (options.BlobPort is not { } blobs) yield break;
        for (var port = blobs; port < blobs + UpOptions.StoragePorts; port++) yield return (port, "Azurite's", "--storage-port");
    }
}
