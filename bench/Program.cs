using Pipeline.Bench;

if (args is not ["lists"])
{
    Console.Error.WriteLine("What to measure? `dotnet run -c Release --project bench -- lists`: pages of GET /v1/jobs over 5,000 jobs.");
    return 2;
}

await MeasureLists.Run(CancellationToken.None);
return 0;
