using Microsoft.Extensions.Hosting;

namespace Local.FunctionsWorker;

/// <summary>
/// Stops the app when its standard input ends: whoever started it is gone, or asks for a stop where there are no signals.
/// </summary>
internal sealed class StopWithInput(IHostApplicationLifetime lifetime) : IHostedService
{
    /// <summary>Off by default: what runs as a service has an input that is at its end from the beginning.</summary>
    public const string Setting = "Local:StopsWithInput";

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // A thread of its own, as a read of the standard input blocks and cannot be canceled.
        new Thread(Watch) { IsBackground = true, Name = nameof(StopWithInput) }.Start();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Watch()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[64];
        while (input.Read(ignored) > 0)
        {
        }

        lifetime.StopApplication();
    }
}
