using Azure.Core;
using Azure.Data.Tables.Models;

namespace Azure.Data.Tables;

/// <summary>One table: its rows, and whether it exists.</summary>
/// <remarks>
/// An answer that is an error is thrown as <see cref="RequestFailedException"/>, whose ErrorCode is one of <see cref="TableErrorCode"/>.
/// A client may be shared by all threads.
/// </remarks>
public partial class TableClient
{
    private readonly TableService service;

    /// <param name="connectionString">Account name and key with an endpoint or its suffix, or <c>UseDevelopmentStorage=true</c>.</param>
    /// <param name="tableName">The table, which need not exist.</param>
    public TableClient(string connectionString, string tableName) : this(connectionString, tableName, null)
    {
    }

    /// <inheritdoc cref="TableClient(string, string)"/>
    public TableClient(string connectionString, string tableName, TableClientOptions? options = null)
        : this(TableService.With(connectionString, options), tableName)
    {
    }

    /// <param name="endpoint">The table service of the account.</param>
    /// <param name="tableName">The table, which need not exist.</param>
    /// <param name="credential">The account's key.</param>
    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential) : this(endpoint, tableName, credential, null)
    {
    }

    /// <inheritdoc cref="TableClient(Uri, string, TableSharedKeyCredential)"/>
    public TableClient(Uri endpoint, string tableName, TableSharedKeyCredential credential, TableClientOptions? options = null)
        : this(TableService.With(TableService.WithoutTable(endpoint, tableName), credential, options), tableName)
    {
    }

    /// <param name="endpoint">The table service of the account, with https.</param>
    /// <param name="tableName">The table, which need not exist.</param>
    /// <param name="tokenCredential">Asked for a token of the scope of Azure Storage.</param>
    /// <param name="options">Null for the defaults.</param>
    public TableClient(Uri endpoint, string tableName, TokenCredential tokenCredential, TableClientOptions? options = null)
        : this(TableService.With(TableService.WithoutTable(endpoint, tableName), tokenCredential, options), tableName)
    {
    }

    internal TableClient(TableService service, string tableName)
    {
        ArgumentException.ThrowIfNullOrEmpty(tableName);
        this.service = service;
        Name = tableName;
    }

    public virtual string Name { get; }

    public virtual string AccountName => service.AccountName;

    /// <summary>The address of the table.</summary>
    public virtual Uri Uri => service.AddressOf(Name);

    /// <summary>Fills values into an OData filter, quoted and escaped as their types need it: <c>$"PartitionKey eq {key}"</c>.</summary>
    /// <exception cref="ArgumentException">A value of a type that filters do not know.</exception>
    public static string CreateQueryFilter(FormattableString filter) => QueryFilter.From(filter);

    /// <summary>Creates the table.</summary>
    /// <exception cref="RequestFailedException">Among others 409 <c>TableAlreadyExists</c>, 409 <c>TableBeingDeleted</c>.</exception>
    public virtual Task<Response<TableItem>> CreateAsync(CancellationToken cancellationToken = default) =>
        TableSet.Create(service, Name, cancellationToken);

    /// <summary>Creates the table unless it is there; the status of the answer is then 409.</summary>
    /// <exception cref="RequestFailedException">Among others 409 <c>TableBeingDeleted</c>.</exception>
    public virtual Task<Response<TableItem>> CreateIfNotExistsAsync(CancellationToken cancellationToken = default) =>
        TableSet.CreateIfNotExists(service, Name, cancellationToken);

    /// <summary>Deletes the table with all its rows; the status of the answer is 404 if it was absent.</summary>
    public virtual Task<Response> DeleteAsync(CancellationToken cancellationToken = default) =>
        TableSet.Delete(service, Name, cancellationToken);
}
