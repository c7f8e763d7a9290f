using Azure.Core;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Microsoft.Extensions.Configuration;

namespace Local.FunctionsWorker;

/// <summary>Storage clients by the name of the setting that has the connection string.</summary>
internal sealed class StorageAccounts(IConfiguration settings)
{
    public const string Host = "AzureWebJobsStorage";

    /// <summary>How long one try of a listener's request may take; an account that hangs must not silence a listener for minutes.</summary>
    private static readonly TimeSpan PollingTimeout = TimeSpan.FromSeconds(30);

    public QueueServiceClient Queues(string? connection, string function) =>
        Client(connection, function, text => new QueueServiceClient(text, PlainText()));

    /// <summary>Clients for a listener's loop, which is itself the retry.</summary>
    public QueueServiceClient QueuesToPoll(string? connection, string function) =>
        Client(connection, function, text => new QueueServiceClient(text, Once(PlainText())));

    public BlobServiceClient Blobs(string? connection, string function) =>
        Client(connection, function, text => new BlobServiceClient(text));

    /// <inheritdoc cref="QueuesToPoll" />
    public BlobServiceClient BlobsToPoll(string? connection, string function) =>
        Client(connection, function, text => new BlobServiceClient(text, Once(new BlobClientOptions())));

    /// <summary>The encoding is handled here: an undecodable message must reach the poison queue as it came.</summary>
    private static QueueClientOptions PlainText() => new() { MessageEncoding = QueueMessageEncoding.None };

    private static T Once<T>(T options) where T : ClientOptions
    {
        options.Retry.MaxRetries = 0;
        options.Retry.NetworkTimeout = PollingTimeout;
        return options;
    }

    private T Client<T>(string? connection, string function, Func<string, T> create)
    {
        var name = string.IsNullOrWhiteSpace(connection) ? Host : connection;
        var text = settings["AzureWebJobs" + name] ?? settings[name] ?? settings.GetConnectionString(name);
        if (string.IsNullOrWhiteSpace(text))
        {
            var hint = settings.GetSection(name).GetChildren().Any()
                ? " It has parts such as __serviceUri; on one machine only a connection string works."
                : "";
            throw RefusedException.Of(function, $"the setting '{name}' must have the connection string of a storage account.{hint}");
        }

        try
        {
            return create(text);
        }
        catch (Exception e) when (e is FormatException or ArgumentException or InvalidOperationException)
        {
            // The message of the client does not repeat the string, which has the account's key.
            throw RefusedException.Of(function, $"the setting '{name}' is no connection string of a storage account: {e.Message}", e);
        }
    }
}
