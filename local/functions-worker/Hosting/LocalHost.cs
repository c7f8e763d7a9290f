using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Local.FunctionsWorker;

/// <summary>The web host, which greets with its functions and keys once it accepts, and refuses to start with one line.</summary>
internal sealed class LocalHost(WebApplication app, HostSetup setup) : IHost, IAsyncDisposable
{
    public IServiceProvider Services => app.Services;

    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch (IOException e) when (e.InnerException is AddressInUseException or SocketException)
        {
            Refuse(new RefusedException(e.Message + " Stop what listens there, or choose another address with --urls.", e));
        }
        catch (RefusedException refused)
        {
            Refuse(refused);
        }

        Greeting.Write(setup.Output, app.Urls, Services.GetRequiredService<IReadOnlyList<Function>>(), Services);
    }

    public Task StopAsync(CancellationToken cancellationToken = default) => app.StopAsync(cancellationToken);

    public void Dispose() => ((IDisposable)app).Dispose();

    public ValueTask DisposeAsync() => app.DisposeAsync();

    private void Refuse(RefusedException refused)
    {
        if (setup.ExitsOnRefusal) Refusal.Exit(refused);
        throw refused;
    }
}
