using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Events;

namespace Pipeline.Credits;

/// <summary>Makes the rows of events: each itself, by the next number, and one in the outbox for each who is told.</summary>
/// <param name="account">Whose.</param>
/// <param name="commit">The transaction that writes them.</param>
/// <param name="wanted">What the account's endpoint is told of.</param>
/// <param name="last">The number of the account's last event before.</param>
/// <param name="now">When the transaction is written.</param>
internal sealed class TellEvents(AccountId account, string commit, EventFilter wanted, long last, DateTimeOffset now)
{
    private readonly List<TableEntity> rows = [];
    private readonly List<Delivery> deliveries = [];

    public IReadOnlyList<TableEntity> Rows => rows;

    public IReadOnlyList<Delivery> Deliveries => deliveries;

    /// <summary>When they happen.</summary>
    public DateTimeOffset At => now;

    /// <summary>The number of the last event.</summary>
    public long Last { get; private set; } = last;

    public void Add(NewEvent told)
    {
        var happened = new Event(account, EventId.New(++Last), told.Type, now, told.Data) { Trace = told.Trace };
        rows.Add(happened.ToRow(commit));
        foreach (var target in told.Targets(wanted))
        {
            var delivery = Delivery.Of(happened, target, told.OwnUrl);
            rows.Add(delivery.ToRow());
            deliveries.Add(delivery);
        }
    }
}
