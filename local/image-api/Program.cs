using System.Globalization;
using System.Runtime.InteropServices;

namespace Local.ImageApi;

internal static class Program
{
    private const string Usage = """
        dotnet run --project local/image-api -- [options]
          --port N         the port of 127.0.0.1, 7072; 0 takes a free one
          --key KEY        the key to accept, sim-key
          --latency X      factor on the usual latency, 1; 0 is none
          --small-images   a few kB each instead of realistic sizes
          --seed N         for pictures, latency and faults by chance, 1
        """;

    private static async Task<int> Main(string[] arguments)
    {
        if (Read(arguments) is not { } options)
        {
            await Console.Error.WriteLineAsync(Usage);
            return 2;
        }

        using var stop = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        try
        {
            await using var api = await Simulator.Start(options, stop.Token);
            Console.WriteLine($"image API simulator: {api.Url} key {options.Key}");
            await Task.Delay(Timeout.Infinite, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            return 0;
        }
        catch (IOException e)
        {
            await Console.Error.WriteLineAsync(e.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }
    }

    /// <summary>Null if an argument is not understood.</summary>
    private static SimulatorOptions? Read(string[] arguments)
    {
        var options = new SimulatorOptions();
        var rest = new Queue<string>(arguments);
        while (rest.TryDequeue(out var name))
        {
            if (name == "--small-images")
            {
                options = options with { SmallImages = true };
                continue;
            }

            if (!rest.TryDequeue(out var value)) return null;
            var isWhole = int.TryParse(value, CultureInfo.InvariantCulture, out var whole);
            var isNumber = double.TryParse(value, CultureInfo.InvariantCulture, out var number);
            var read = name switch
            {
                "--port" when isWhole && whole is >= 0 and <= 65535 => options with { Port = whole },
                "--seed" when isWhole => options with { Seed = whole },
                "--latency" when isNumber && number is >= 0 and <= SimulatorOptions.LatencyMax => options with { Latency = number },
                "--key" => options with { Key = value },
                _ => null,
            };
            if (read is null) return null;
            options = read;
        }

        return options;
    }
}
