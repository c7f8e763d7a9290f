using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace Pipeline.Http;

/// <summary>How a request to a caller's address ended.</summary>
/// <typeparam name="T">What was read of the answer.</typeparam>
public abstract record GuardedOutcome<T>
{
    private GuardedOutcome()
    {
    }

    /// <summary>It answered, with whatever status, also a redirect: none is followed.</summary>
    public sealed record Answered(T Value) : GuardedOutcome<T>;

    /// <summary>Nothing was connected to: the address is not one that callers may send this app to.</summary>
    /// <param name="Detail">Why, as the rest of a sentence.</param>
    public sealed record Forbidden(string Detail) : GuardedOutcome<T>;

    /// <summary>It cannot be reached, or did not answer whole and in time. Another time it may.</summary>
    /// <param name="Detail">Why, as the rest of a sentence.</param>
    public sealed record Unreachable(string Detail) : GuardedOutcome<T>;
}

/// <summary>
/// The only client for addresses that callers give: it connects to the public internet alone. Each name is looked up here, all of its
/// addresses are checked, and those very addresses are connected to, so that a name cannot lead elsewhere a moment later.
/// </summary>
public sealed class GuardedHttp : IDisposable
{
    private const string NotPublic = "must be on a host of the public internet.";

    private static readonly TimeSpan ConnectionLifetime = TimeSpan.FromMinutes(2);

    /// <summary>Callers can name any number of hosts and ports, and each open connection takes one of the few that Azure gives.</summary>
    private static readonly TimeSpan IdleMax = TimeSpan.FromSeconds(10);

    private static readonly HttpRequestOptionsKey<string> Caller = new("caller");

    private readonly OutgoingOptions options;
    private readonly HostLookups lookups;
    private readonly TimeProvider time;
    private readonly HttpClient http;

    public GuardedHttp(OutgoingOptions options, ResolveHost resolve, TimeProvider time)
    {
        this.options = options;
        lookups = new HostLookups(resolve);
        this.time = time;
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = Connect,
            // A proxy would do the connecting, and none of the checks.
            UseProxy = false,
            AllowAutoRedirect = false,
            UseCookies = false,
            AutomaticDecompression = DecompressionMethods.None,
            PooledConnectionLifetime = ConnectionLifetime,
            PooledConnectionIdleTimeout = IdleMax,
            // Trace ids and baggage are ours, and no stranger's.
            ActivityHeadersPropagator = null,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = WhatTheServerSends() },
        };
        http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sends a request and reads its answer.</summary>
    /// <param name="caller">Whose address it is: callers share the lookups of names.</param>
    /// <param name="request">To an absolute URL.</param>
    /// <param name="limit">How long all of it may take, with the body.</param>
    /// <param name="read">
    /// Reads the answer as far as it is wanted; it should bound how much. If it reads the stream itself, an <see cref="IOException"/> of
    /// that is its own to turn into a value: from here, none can be told from one of a full disk.
    /// </param>
    /// <param name="cancel">Gives up.</param>
    public async Task<GuardedOutcome<T>> Send<T>(
        string caller, HttpRequestMessage request, TimeSpan limit, Func<HttpResponseMessage, CancellationToken, Task<T>> read,
        CancellationToken cancel)
    {
        if (OutgoingUrl.FaultOf(request.RequestUri!, options) is { } fault) return new GuardedOutcome<T>.Forbidden(fault);
        // HTTP/3 would look names up itself and connect without our callback: https://github.com/dotnet/runtime/issues/64449.
        request.Version = HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;
        request.Options.Set(Caller, caller);

        using var late = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            using var answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stop.Token);
            return new GuardedOutcome<T>.Answered(await read(answer, stop.Token));
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return new GuardedOutcome<T>.Unreachable($"did not answer within {limit.TotalSeconds:0} s.");
        }
        catch (HttpRequestException e) when (e.InnerException is ForbiddenAddressException)
        {
            return new GuardedOutcome<T>.Forbidden(NotPublic);
        }
        catch (HttpRequestException e)
        {
            return new GuardedOutcome<T>.Unreachable(e.HttpRequestError switch
            {
                HttpRequestError.NameResolutionError => "is on a host that has no address.",
                HttpRequestError.SecureConnectionError => "has no valid certificate, or does not send the whole chain of it.",
                HttpRequestError.ConnectionError => "cannot be connected to.",
                HttpRequestError.ResponseEnded => "broke off in the middle of its answer.",
                HttpRequestError.Unknown when e.InnerException is IOException => "broke off in the middle of its answer.",
                _ => "did not answer as a web server does.",
            });
        }
    }

    /// <summary>Whether a request to an address would be refused now, as far as that can be told without connecting.</summary>
    /// <param name="caller">Whose address it is.</param>
    /// <param name="url">An absolute URL.</param>
    /// <param name="limit">How long to look its name up. A name that is not found by then may be one day, and is not refused.</param>
    /// <param name="cancel">Gives up.</param>
    /// <returns>Why, as the rest of a sentence; null if not.</returns>
    public async Task<string?> FaultOf(string caller, Uri url, TimeSpan limit, CancellationToken cancel)
    {
        if (OutgoingUrl.FaultOf(url, options) is { } fault) return fault;
        if (url.HostNameType is UriHostNameType.IPv4 or UriHostNameType.IPv6) return null;
        using var late = new CancellationTokenSource(limit, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
        try
        {
            return (await lookups.Find(caller, url.IdnHost, stop.Token)).All(IsAllowed) ? null : NotPublic;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    public void Dispose() => http.Dispose();

    private async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var host = context.DnsEndPoint.Host;
        var caller = context.InitialRequestMessage.Options.TryGetValue(Caller, out var known) ? known : "";
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await lookups.Find(caller, host, cancel);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        // One that is not public among others is no accident, so none of them is used.
        if (!addresses.All(IsAllowed)) throw new ForbiddenAddressException();

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>
    /// A certificate may name any URL for its issuer's, and .NET would get it from there, past all checks. Like most clients but browsers,
    /// this one takes what the server sends. The rest is as <see cref="SslStream"/> has it.
    /// </summary>
    private static X509ChainPolicy WhatTheServerSends() =>
        new() { DisableCertificateDownloads = true, RevocationMode = X509RevocationMode.NoCheck };

    private bool IsAllowed(IPAddress address) => PublicAddress.Is(address) || (options.AllowLoopback && IPAddress.IsLoopback(address));

    private sealed class ForbiddenAddressException : IOException;
}
