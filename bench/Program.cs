using Pipeline.Bench;

switch (args)
{
    case ["lists"]:
        await MeasureLists.Run(CancellationToken.None);
        return 0;
    case ["commits"]:
        await MeasureCommits.Run(CancellationToken.None);
        return 0;
    case ["verify"]:
        await MeasureVerify.Run(CancellationToken.None);
        return 0;
    case ["manifests", .. var sizes]:
        await MeasureManifests.Run([.. sizes.Select(int.Parse)], CancellationToken.None);
        return 0;
    case ["deliveries"]:
        await MeasureDeliveries.Run(CancellationToken.None);
        return 0;
    case ["ingest", var lines]:
        await MeasureIngest.Run(int.Parse(lines), CancellationToken.None);
        return 0;
    default:
        Console.Error.WriteLine("What to measure? `dotnet run -c Release --project bench --` and one of these:");
        Console.Error.WriteLine("  lists    pages of GET /v1/jobs over 5,000 jobs");
        Console.Error.WriteLine("  commits  holds in one account by many writers");
        Console.Error.WriteLine("  verify   the proof of books of up to 100,000 entries");
        Console.Error.WriteLine("  manifests 100 10000   jobs/s of manifests of so many jobs, beside another account's single jobs");
        Console.Error.WriteLine("  ingest 50000          how long it takes until so many lines are jobs");
        Console.Error.WriteLine("  deliveries            from an event to its endpoint, beside one that never answers");
        return 2;
}
