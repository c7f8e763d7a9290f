using Azure.Core;
using Azure.Core.Pipeline;

namespace Azure.Data.Tables;

/// <summary>The table service of one account: where it is, and the pipeline that leads there.</summary>
internal sealed class TableService
{
    /// <summary>The JSON that names the types of properties where they cannot be told from their values.</summary>
    public const string AnswerFormat = "application/json;odata=minimalmetadata";

    public const string BodyFormat = "application/json;odata=nometadata";

    public const string ProtocolVersion = "3.0";

    private const string StorageScope = "https://storage.azure.com/.default";

    private readonly HttpPipeline pipeline;
    private readonly string versionHeader;

    private TableService(Uri endpoint, string accountName, TableClientOptions? options, HttpPipelinePolicy authorization)
    {
        options ??= new TableClientOptions();
        Endpoint = endpoint;
        AccountName = accountName;
        versionHeader = options.VersionHeader;
        pipeline = HttpPipelineBuilder.Build(new HttpPipelineOptions(options)
        {
            // Behind the retries: each try is authorized anew.
            PerRetryPolicies = { authorization },
            RequestFailedDetailsParser = ErrorDetails.Parser,
        });
    }

    public Uri Endpoint { get; }

    public string AccountName { get; }

    public static TableService With(string connectionString, TableClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(connectionString);
        var (endpoint, credential) = ConnectionString.Parse(connectionString);
        return new TableService(endpoint, credential.AccountName, options, new SharedKeyPolicy(credential, TimeProvider.System));
    }

    public static TableService With(Uri endpoint, TableSharedKeyCredential credential, TableClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return new TableService(endpoint, AccountOf(endpoint), options, new SharedKeyPolicy(credential, TimeProvider.System));
    }

    public static TableService With(Uri endpoint, TokenCredential credential, TableClientOptions? options)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(credential);
        return new TableService(endpoint, AccountOf(endpoint), options, new BearerTokenAuthenticationPolicy(credential, StorageScope));
    }

    /// <summary>The endpoint without the name of a table, which some callers append.</summary>
    public static Uri WithoutTable(Uri endpoint, string tableName)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var table = $"/{tableName}";
        var path = endpoint.AbsolutePath.TrimEnd('/');
        return path.EndsWith(table, StringComparison.OrdinalIgnoreCase) && AccountOf(endpoint) != tableName
            ? new UriBuilder(endpoint) { Path = path[..^table.Length] }.Uri
            : endpoint;
    }

    /// <summary>The path of a row: its keys quoted as OData has it, then escaped as a URL has it.</summary>
    public static string PathOf(string table, string partitionKey, string rowKey) =>
        $"{table}(PartitionKey='{Escape(partitionKey)}',RowKey='{Escape(rowKey)}')";

    public Uri AddressOf(string path) => new($"{Endpoint.AbsoluteUri.TrimEnd('/')}/{path}");

    /// <summary>A request without a body; <see cref="Send"/> it.</summary>
    /// <param name="method">Its method.</param>
    /// <param name="path">Its path below the endpoint, escaped.</param>
    /// <param name="classifier">What counts as an error, by default 4xx and 5xx.</param>
    public HttpMessage Request(RequestMethod method, string path, ResponseClassifier? classifier = null)
    {
        var message = pipeline.CreateMessage();
        if (classifier is not null) message.ResponseClassifier = classifier;
        message.Request.Method = method;
        message.Request.Uri.Reset(AddressOf(path));
        message.Request.Headers.Add("x-ms-version", versionHeader);
        message.Request.Headers.Add("DataServiceVersion", ProtocolVersion);
        message.Request.Headers.Add("Accept", AnswerFormat);
        return message;
    }

    /// <summary>A request with a JSON body; <see cref="Send"/> it.</summary>
    public HttpMessage Request(RequestMethod method, string path, ReadOnlyMemory<byte> json, ResponseClassifier? classifier = null)
    {
        var message = Request(method, path, classifier);
        message.Request.Headers.Add("Content-Type", BodyFormat);
        message.Request.Content = RequestContent.Create(json);
        return message;
    }

    /// <summary>Sends a request through the pipeline.</summary>
    /// <exception cref="RequestFailedException">The answer is an error to the request's classifier.</exception>
    public async Task<Response> Send(HttpMessage message, CancellationToken cancel)
    {
        using (message)
        {
            await pipeline.SendAsync(message, cancel);
            return message.Response.IsError ? throw new RequestFailedException(message.Response) : message.Response;
        }
    }

    private static string Escape(string key) => Uri.EscapeDataString(key.Replace("'", "''", StringComparison.Ordinal));

    /// <summary>The first label of the host, or where the host is an address or this machine, the first segment of the path.</summary>
    private static string AccountOf(Uri endpoint) =>
        endpoint.HostNameType == UriHostNameType.Dns && !endpoint.IsLoopback
            ? endpoint.Host.Split('.')[0]
            : endpoint.AbsolutePath.Trim('/').Split('/')[0];
}
