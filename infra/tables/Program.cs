using System.CommandLine;
using Azure;
using Azure.Data.Tables;
using Azure.Identity;
using Microsoft.Extensions.Configuration;
using Pipeline;
using Pipeline.CopyTables;
using Pipeline.Storage;

const string Storage = "AzureWebJobsStorage";

var account = new Option<string?>("--account")
{
    Description = $"The storage account, as whoever is signed in with 'az login'; else what the environment's {Storage} says",
    HelpName = "name",
};
var to = new Option<string>("--to") { Description = "A new folder", HelpName = "folder", Required = true };
var from = new Option<string>("--from") { Description = "The folder of a backup", HelpName = "folder", Required = true };
var only = new Option<string?>("--only") { Description = "Of one partition, as ledger/studio", HelpName = "partition" };
var withTorn = new Option<bool>("--with-torn") { Description = "Also partitions that changed while they were read" };

var replace = new Option<bool>("--replace")
{
    Description = "Deletes the books that are there first, with all that was moved since; with --only ledger/…, while the app is stopped",
};

var export = new Command("export", "Copies all tables into files") { account, to };
export.SetAction((said, cancel) => Do(async () =>
{
    var backup = await new ExportTables(Tables(said.GetValue(account)), TimeProvider.System, Console.Out)
        .Run(said.GetRequiredValue(to), cancel);
    if (!backup.Files.Any(file => file.IsTorn)) return;
    throw new CopyFailedException(
        "All was copied, but what is TORN changed during each reading and need not fit together. Stop the app, and export again.");
}));
var import = new Command("import", "Copies a backup into tables; what is there already is left as it is")
{
    account, from, only, withTorn, replace,
};
import.Validators.Add(said =>
{
    if (said.GetValue(replace) && said.GetValue(only)?.StartsWith($"{StorageNames.LedgerTable}/", StringComparison.Ordinal) != true)
        said.AddError("--replace needs --only with the books of an account, as ledger/studio: it deletes.");
});
import.SetAction((said, cancel) => Do(async () =>
{
    var others = await new ImportTables(Tables(said.GetValue(account)), Console.Out, said.GetValue(replace))
        .Run(said.GetRequiredValue(from), said.GetValue(only), said.GetValue(withTorn), cancel);
    if (others.Count == 0) return;
    throw new CopyFailedException(
        $"Other books are there than in the backup, and were left: {string.Join(", ", others)}. --replace takes the backup's.");
}));

return await new RootCommand("Copies the tables of a deployment into files, and back.") { export, import }.Parse(args).InvokeAsync();

static async Task<int> Do(Func<Task> work)
{
    try
    {
        await work();
        return 0;
    }
    catch (Exception e) when (e is CopyFailedException or FormatException or IOException or RequestFailedException or AggregateException
        or AuthenticationFailedException or UnauthorizedAccessException or OperationCanceledException)
    {
        await Console.Error.WriteLineAsync(e switch
        {
            // Its first line; below are headers.
            RequestFailedException { Status: > 0 } refused =>
                $"Storage answered {refused.Status}: {refused.Message.Split('\n')[0].Trim()}"
                + (refused.Status == 403 ? " It needs the role Storage Table Data Contributor." : ""),
            RequestFailedException => $"Storage could not be reached: {e.Message}",
            AggregateException tries => $"Storage could not be reached: {tries.InnerExceptions[^1].Message}",
            _ => e.Message,
        });
        return 1;
    }
}

static TableServiceClient Tables(string? account)
{
    var sources = new ConfigurationBuilder();
    var configuration = account is null
        ? sources.AddEnvironmentVariables().Build()
        : sources.AddInMemoryCollection([new(Storage + ":accountName", account)]).Build();
    var settings = new Settings(configuration);
    return StorageClients.From(configuration, settings)?.Tables
        ?? throw new CopyFailedException($"Name the storage account with --account. {settings.Faults[0]}");
}
