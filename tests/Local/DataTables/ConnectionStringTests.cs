using Azure.Data.Tables;

namespace Pipeline.Tests.Local.DataTables;

public sealed class ConnectionStringTests
{
    [TestCase("AccountName=acct;AccountKey=a2V5;EndpointSuffix=core.windows.net", "https://acct.table.core.windows.net/")]
    [TestCase("DefaultEndpointsProtocol=http;AccountName=acct;AccountKey=a2V5;EndpointSuffix=local.test;", "http://acct.table.local.test/")]
    [TestCase("AccountName=acct;AccountKey=a2V5;TableEndpoint=http://127.0.0.1:9/acct;EndpointSuffix=unused", "http://127.0.0.1:9/acct")]
    [TestCase(" accountname = acct ;; ACCOUNTKEY = a2V5 ; tableEndpoint = http://127.0.0.1:9/acct ", "http://127.0.0.1:9/acct")]
    public void The_endpoint_is_said_or_made_of_name_and_suffix(string text, string endpoint)
    {
        var parsed = ConnectionString.Parse(text);
        Assert.That((parsed.Endpoint.AbsoluteUri, parsed.Credential.AccountName), Is.EqualTo((endpoint, "acct")));
    }

    [Test]
    public void The_emulator_is_at_its_usual_place()
    {
        var client = new TableServiceClient("UseDevelopmentStorage=true");
        Assert.That(
            (client.AccountName, client.Uri.AbsoluteUri),
            Is.EqualTo(("devstoreaccount1", "http://127.0.0.1:10002/devstoreaccount1")));
    }

    [Test]
    public void A_key_may_end_with_equals_signs() =>
        Assert.That(
            ConnectionString.Parse("AccountName=acct;AccountKey=a2V5cw==;EndpointSuffix=x").Credential.Sign("text"),
            Is.EqualTo(new TableSharedKeyCredential("acct", "a2V5cw==").Sign("text")));

    [TestCase("AccountKey=a2V5;EndpointSuffix=x")]
    [TestCase("AccountName=acct;EndpointSuffix=x")]
    [TestCase("AccountName=acct;AccountKey=a2V5")]
    [TestCase("UseDevelopmentStorage=false")]
    [TestCase("")]
    public void A_missing_part_is_refused(string text) =>
        Assert.That(() => ConnectionString.Parse(text), Throws.ArgumentException);

    [TestCase("AccountName;AccountKey=a2V5;EndpointSuffix=x")]
    [TestCase("AccountName=;AccountKey=a2V5;EndpointSuffix=x")]
    [TestCase("AccountName=a;AccountName=b;AccountKey=a2V5;EndpointSuffix=x")]
    public void A_malformed_part_is_refused_without_showing_a_key(string text) =>
        Assert.That(() => ConnectionString.Parse(text), Throws.InvalidOperationException.With.Message.Not.Contains("a2V5"));

    [Test]
    public void A_key_that_is_not_base64_is_refused() =>
        Assert.That(() => new TableSharedKeyCredential("acct", "no key"), Throws.TypeOf<FormatException>());
}
