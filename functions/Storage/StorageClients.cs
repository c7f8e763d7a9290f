using Azure.Core;
using Azure.Data.Tables;
using Azure.Identity;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;

namespace Pipeline.Storage;

/// <summary>The clients of the one storage account, from the settings that the Functions host uses for it, too.</summary>
/// <remarks>
/// <c>AzureWebJobsStorage</c> is a connection string; or the settings <c>AzureWebJobsStorage__accountName</c>, or
/// <c>…__blobServiceUri</c>, <c>…__queueServiceUri</c> and <c>…__tableServiceUri</c>, name it, and access is by identity
/// (<c>…__clientId</c> chooses a user-assigned one).
/// </remarks>
/// <param name="Tables">For the tables.</param>
/// <param name="Blobs">For the containers.</param>
/// <param name="Queues">For messages to the app's own functions.</param>
/// <param name="PlainQueues">For messages as they lie in storage, also such as cannot be decoded.</param>
public sealed record StorageClients(
    TableServiceClient Tables, BlobServiceClient Blobs, QueueServiceClient Queues, QueueServiceClient PlainQueues)
{
    private const string Name = "AzureWebJobsStorage";

    /// <summary>
    /// A table or queue answers in milliseconds; the default of 100 s for one try would keep callers waiting for minutes.
    /// </summary>
    private static readonly TimeSpan SmallTimeout = TimeSpan.FromSeconds(10);

    /// <summary>Doubled for each further try. Most faults are a connection that broke; the default of 0.8 s is half a small job.</summary>
    private static readonly TimeSpan FirstRetryDelay = TimeSpan.FromSeconds(0.2);

    /// <summary>With delays that begin so short, the last of them is still after as long as by default: 6 s in all.</summary>
    private const int RetriesMax = 5;

    private static readonly string[] Services = ["blob", "queue", "table"];

    /// <summary>The clients, or null with a fault noted.</summary>
    public static StorageClients? From(IConfiguration configuration, Settings settings)
    {
        var section = configuration.GetSection(Name);
        if (section.Value is { Length: > 0 } connection) return FromConnection(connection, settings);

        var addresses = Services.Select(service => AddressOf(section, service)).ToList();
        if (addresses.Contains(null))
        {
            settings.Refuse(
                Name, $"a storage connection string, or {Name}__accountName for access by identity",
                section.GetChildren().Any() ? "…" : null);
            return null;
        }

        var credential = new DefaultAzureCredential(new DefaultAzureCredentialOptions { ManagedIdentityClientId = section["clientId"] });
        return FromIdentity(addresses, credential);
    }

    private static StorageClients? FromConnection(string connection, Settings settings)
    {
        try
        {
            return new StorageClients(
                new TableServiceClient(connection, TableOptions()),
                new BlobServiceClient(connection, BlobOptions()),
                new QueueServiceClient(connection, QueueOptions(QueueMessageEncoding.Base64)),
                new QueueServiceClient(connection, QueueOptions(QueueMessageEncoding.None)));
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // Never printed: it holds the account's key.
            settings.Refuse(Name, "a storage connection string such as UseDevelopmentStorage=true", "…");
            return null;
        }
    }

    private static StorageClients FromIdentity(List<Uri?> addresses, TokenCredential credential) => new(
        new TableServiceClient(addresses[2]!, credential, TableOptions()),
        new BlobServiceClient(addresses[0]!, credential, BlobOptions()),
        new QueueServiceClient(addresses[1]!, credential, QueueOptions(QueueMessageEncoding.Base64)),
        new QueueServiceClient(addresses[1]!, credential, QueueOptions(QueueMessageEncoding.None)));

    private static Uri? AddressOf(IConfigurationSection section, string service) =>
        Uri.TryCreate(section[$"{service}ServiceUri"], UriKind.Absolute, out var address) ? address
        : section["accountName"] is { Length: > 0 } account ? new Uri($"https://{account}.{service}.core.windows.net")
        : null;

    private static TableClientOptions TableOptions() => Small(new TableClientOptions());

    private static BlobClientOptions BlobOptions() => Persistent(new BlobClientOptions());

    // Base64 as host.json says, so that the host decodes what the app encodes.
    private static QueueClientOptions QueueOptions(QueueMessageEncoding encoding) =>
        Small(new QueueClientOptions { MessageEncoding = encoding });

    private static T Small<T>(T options)
        where T : ClientOptions
    {
        options.Retry.NetworkTimeout = SmallTimeout;
        return Persistent(options);
    }

    private static T Persistent<T>(T options)
        where T : ClientOptions
    {
        options.Retry.Delay = FirstRetryDelay;
        options.Retry.MaxRetries = RetriesMax;
        return options;
    }
}
