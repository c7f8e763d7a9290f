using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class SharedKeyTests
{
    private const string Date = "Thu, 01 Jan 2026 12:00:00 GMT";

    /// <summary>The bytes 0 to 63.</summary>
    private const string Key = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+Pw==";

    /// <summary>Computed apart from this code, with Python's hmac, from <c>date + "\n/acct" + path</c>.</summary>
    [TestCase("ledger(PartitionKey='a%20b',RowKey='it%27%27s')?$format=json&$select=a", "nenxt0zqrxSBDznQigps5/bfxx4qZUHZG4xeSWKi+Sg=")]
    [TestCase("ledger?timeout=5&comp=acl", "X7gfAbLx2xUHMkb8Z7UYdzptieunaWpIv5hw2KI8bZ0=")]
    public void The_date_and_the_escaped_path_are_signed(string path, string signature)
    {
        var policy = new SharedKeyPolicy(new TableSharedKeyCredential("acct", Key), TimeProvider.System);
        var uri = new Uri($"https://acct.table.core.windows.net/{path}");
        Assert.That(policy.Authorization(uri, Date), Is.EqualTo($"SharedKeyLite acct:{signature}"));
    }

    [Test]
    public void A_rotated_key_signs_from_then_on()
    {
        var credential = new TableSharedKeyCredential("acct", "b2xk");
        credential.SetAccountKey(Key);
        Assert.That(credential.Sign("text"), Is.EqualTo(new TableSharedKeyCredential("acct", Key).Sign("text")));
    }
}
