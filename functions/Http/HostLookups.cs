using System.Net;

namespace Pipeline.Http;

/// <summary>Finds all addresses of a host name. It may block its thread for as long as the name's server does not answer.</summary>
public delegate Task<IPAddress[]> ResolveHost(string host, CancellationToken cancel);

/// <summary>
/// Looks names up without the threads that serve requests: on Linux a lookup blocks one until the name is answered or given up, and
/// names that nobody answers for would take them all.
/// </summary>
public sealed class HostLookups(ResolveHost resolve)
{
    /// <summary>At once, each on a thread of its own: far more than a working name server ever has open.</summary>
    private const int AtOnceMax = 16;

    /// <summary>Of one caller, so that whose names are never answered slows down nobody else.</summary>
    private const int PerCallerMax = 2;

    private readonly SharedPlaces places = new(AtOnceMax, PerCallerMax);

    /// <summary>All addresses of a host name.</summary>
    /// <param name="caller">For whom it is looked up.</param>
    /// <param name="host">The name.</param>
    /// <param name="cancel">Waits no longer; the lookup itself cannot be stopped, and keeps its place until it ends.</param>
    public async Task<IPAddress[]> Find(string caller, string host, CancellationToken cancel)
    {
        var place = await places.Enter(caller, cancel);
        var lookup = Task.Factory.StartNew(
            () =>
            {
                using (place) return resolve(host, CancellationToken.None).GetAwaiter().GetResult();
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        return await lookup.WaitAsync(cancel);
    }
}
