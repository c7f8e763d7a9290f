using System.Runtime.Serialization;
using Azure;
using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class OwnTypeTests
{
    private TableClient table = null!;

    [OneTimeSetUp]
    public async Task Start() => table = await Account.NewTable();

    [Test]
    public async Task A_type_of_ones_own_is_stored_by_its_public_members()
    {
        var job = new Job
        {
            PartitionKey = "own",
            RowKey = "job",
            Credits = 12,
            Started = DateTime.UnixEpoch,
            Priority = DayOfWeek.Friday,
            Cost = 2,
            Reference = Guid.NewGuid(),
            Hash = [1, 2],
            Prompt = "a cat",
            Waited = TimeSpan.FromSeconds(90),
            Attempt = 3,
            Done = true,
        };
        await table.AddEntityAsync(job);

        var stored = (await table.GetEntityAsync<TableEntity>("own", "job")).Value;
        Assert.That(
            stored.Keys.Except([nameof(job.PartitionKey), nameof(job.RowKey), "Timestamp", "odata.etag"]),
            Is.EquivalentTo((string[])["credits", "Started", "Priority", "Cost", "Reference", "Hash", "Waited", "Attempt", "Done"]));
        Assert.That(stored["Priority"], Is.EqualTo("Friday"));

        var read = (await table.GetEntityAsync<Job>("own", "job")).Value;
        Assert.That(read, Is.EqualTo(job).UsingPropertiesComparer(
            options => options.Excluding(nameof(Job.ETag), nameof(Job.Timestamp), nameof(Job.Prompt))));
        Assert.That(read.Prompt, Is.Null);
        Assert.That(read.ETag, Is.EqualTo(stored.ETag));
        Assert.That(read.Timestamp, Is.EqualTo(stored.Timestamp));
    }

    [Test]
    public async Task Absent_properties_leave_the_defaults_of_a_type_of_ones_own()
    {
        await table.AddEntityAsync(new TableEntity("own", "bare") { ["Priority"] = "Someday" });

        var read = (await table.GetEntityAsync<Job>("own", "bare")).Value;
        Assert.That((read.Credits, read.Finished, read.Priority), Is.EqualTo((0L, default(DateTimeOffset?), DayOfWeek.Sunday)));
    }

    [Test]
    public async Task A_type_may_implement_the_keys_explicitly()
    {
        await table.AddEntityAsync<Hidden>(new Hidden("own", "hidden") { Note = "kept" });

        var read = (await table.GetEntityAsync<Hidden>("own", "hidden")).Value;
        Assert.That((((ITableEntity)read).RowKey, read.Note), Is.EqualTo(("hidden", "kept")));
    }

    internal sealed class Job : ITableEntity
    {
        public string PartitionKey { get; set; } = "";

        public string RowKey { get; set; } = "";

        public DateTimeOffset? Timestamp { get; set; }

        public ETag ETag { get; set; }

        [DataMember(Name = "credits")]
        public long Credits { get; set; }

        public DateTime Started { get; set; }

        public DateTimeOffset? Finished { get; set; }

        public DayOfWeek Priority { get; set; }

        public double? Cost { get; set; }

        public Guid Reference { get; set; }

        public byte[]? Hash { get; set; }

        public TimeSpan Waited { get; set; }

        public int? Attempt { get; set; }

        public bool Done { get; set; }

        [IgnoreDataMember]
        public string? Prompt { get; set; }
    }

    internal sealed class Hidden : ITableEntity
    {
        public Hidden()
        {
        }

        public Hidden(string partitionKey, string rowKey)
        {
            ITableEntity entity = this;
            (entity.PartitionKey, entity.RowKey) = (partitionKey, rowKey);
        }

        public string? Note { get; set; }

        string ITableEntity.PartitionKey { get; set; } = "";

        string ITableEntity.RowKey { get; set; } = "";

        DateTimeOffset? ITableEntity.Timestamp { get; set; }

        ETag ITableEntity.ETag { get; set; }
    }
}
