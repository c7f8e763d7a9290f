using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Local.Up;

/// <summary>The command line: its options, and what they say about each other.</summary>
internal static class CommandLine
{
    private const int PortMax = 65535;

    private static readonly Option<int?> Port = PortOption(
        "--port", $"The app's port, {UpOptions.PortDefault}; 0 takes a free one", PortMax);

    private static readonly Option<int?> ImageApiPort = PortOption(
        "--image-api-port", $"The image API simulator's port, {UpOptions.ImageApiPortDefault}; 0 takes a free one", PortMax);

    private static readonly Option<Uri?> ImageApi = new("--image-api")
    {
        Description = $"Use this image API instead of the simulator; its key is in the environment as {ImageApiAccess.KeyVariable}",
        HelpName = "url",
        CustomParser = result => Uri.TryCreate(result.Tokens[0].Value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? url
            : Refuse<Uri?>(result, "--image-api: expected an address such as https://api.nanobananaapi.dev"),
    };

    private static readonly Option<int?> StoragePort = PortOption(
        "--storage-port",
        $"Azurite's blob port, {UpOptions.StoragePortDefault}; queues and tables take the next two; 0 takes free ones",
        PortMax - UpOptions.StoragePorts + 1);

    private static readonly Option<string?> Data = new("--data")
    {
        Description = "The folder where Azurite keeps its data, .local/azurite",
        HelpName = "folder",
    };

    private static readonly Option<bool> Memory = new("--memory") { Description = "Keep no data" };

    private static readonly Option<double?> Latency = new("--latency")
    {
        Description = "A factor on the simulator's latency, 1 (0.2 with --demo); 0 is none",
        HelpName = "factor",
        CustomParser = result =>
            double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out var factor)
            && factor is >= 0 and <= UpOptions.LatencyMax
                ? factor
                : Refuse<double?>(result, $"--latency: expected a factor from 0 to {UpOptions.LatencyMax}, for example 0.5"),
    };

    private static readonly Option<bool> SmallImages = new("--small-images")
    {
        Description = "Images of a few kB instead of realistic sizes",
    };

    private static readonly Option<bool> Json = new("--json")
    {
        Description = "Once ready, print one line on stdout: url, image_api, api_key, operator_key, storage; all else is on stderr",
    };

    private static readonly Option<bool> Demo = new("--demo")
    {
        Description = "Submit a job, drop a manifest, save the pictures under .local/demo, print the ledger, and stop",
    };

    /// <summary>The command, with what to do when it is given no options but these.</summary>
    public static RootCommand Create(Func<UpOptions, Task<int>> run)
    {
        var command = new RootCommand("Starts Azurite, an image API simulator and the app on this machine, until Ctrl+C.")
        {
            Port, ImageApiPort, ImageApi, StoragePort, Data, Memory, Latency, SmallImages, Json, Demo,
        };
        command.Validators.Add(RefuseContradictions);
        command.SetAction((given, _) => run(Read(given)));
        return command;
    }

    public static UpOptions Read(ParseResult given) => new()
    {
        Port = given.GetValue(Port),
        ImageApiPort = given.GetValue(ImageApiPort),
        ImageApi = given.GetValue(ImageApi),
        StoragePort = given.GetValue(StoragePort),
        Data = given.GetValue(Data),
        Memory = given.GetValue(Memory),
        Latency = given.GetValue(Latency),
        SmallImages = given.GetValue(SmallImages),
        Json = given.GetValue(Json),
        Demo = given.GetValue(Demo),
    };

    private static void RefuseContradictions(CommandResult given)
    {
        (Option Option, Option Other, string Why)[] contradictions =
        [
            (Data, Memory, "one names a folder for the data, the other keeps none"),
            (Data, Demo, "a demo starts from nothing and keeps nothing"),
            (ImageApi, ImageApiPort, "there is no simulator to give a port to"),
            (ImageApi, Latency, "there is no simulator to slow down"),
            (ImageApi, SmallImages, "there is no simulator to draw them"),
        ];
        foreach (var (option, other, why) in contradictions)
        {
            if (given.GetResult(option) is { Implicit: false } && given.GetResult(other) is { Implicit: false })
                given.AddError($"{option.Name} and {other.Name} exclude each other: {why}.");
        }
    }

    private static Option<int?> PortOption(string name, string description, int max) => new(name)
    {
        Description = description,
        HelpName = "port",
        CustomParser = result =>
            int.TryParse(result.Tokens[0].Value, NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port <= max
                ? port
                : Refuse<int?>(result, $"{name}: expected a port from 0 to {max}"),
    };

    private static T? Refuse<T>(ArgumentResult result, string expected)
    {
        result.AddError($"{expected}, got '{result.Tokens[0].Value}'.");
        return default;
    }
}
