using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Azure.Data.Tables;
using Pipeline.Accounts;
using Pipeline.Storage;
using Pipeline.Tests.Credits;

namespace Pipeline.Tests.Apps;

/// <summary>An account's API keys: several at once, each known by its beginning, revoked one by one.</summary>
public sealed class KeyTests() : AppTests(credits: 10)
{
    private const int PrefixLength = 11;

    [Test]
    public async Task An_account_has_several_keys_and_each_opens_it()
    {
        var second = await NewKey();
        var third = await NewKey();

        foreach (var key in (string[])[account.ApiKey, second, third])
            Assert.That((await With(key).Credits()).Available, Is.EqualTo(10), key[..PrefixLength]);
        var listed = (await Keys()).Select(key => key.GetProperty("prefix").GetString());
        Assert.That(listed, Is.EqualTo(new[] { account.ApiKey, second, third }.Select(key => key[..PrefixLength])));
    }

    [Test]
    public async Task A_list_tells_when_each_was_made_and_used_and_never_the_key()
    {
        var made = DateTimeOffset.UtcNow;
        var second = await NewKey();
        var before = await Keys();

        await With(second).Credits();
        var after = await Keys();

        Assert.Multiple(() =>
        {
            foreach (var key in before) Assert.That(key.GetProperty("last_used_at").ValueKind, Is.EqualTo(JsonValueKind.Null));
            Assert.That(after[0].GetProperty("last_used_at").ValueKind, Is.EqualTo(JsonValueKind.Null), "the other was not used");
            Assert.That(after[1].GetProperty("last_used_at").GetDateTimeOffset(), Is.EqualTo(made).Within(TimeSpan.FromSeconds(30)));
            Assert.That(after[1].GetProperty("created_at").GetDateTimeOffset(), Is.EqualTo(made).Within(TimeSpan.FromSeconds(30)));
            Assert.That(after[1].ToString(), Does.Not.Contain(second));
        });
    }

    [Test]
    public async Task A_revoked_key_opens_nothing_at_once_and_the_others_go_on()
    {
        var second = await NewKey();
        await With(second).Credits();

        var revoked = await Revoke(account.Id, second[..PrefixLength]);
        var answer = await With(second).Get("v1/credits");

        Assert.That(revoked.StatusCode, Is.EqualTo(HttpStatusCode.NoContent));
        await SubmitTests.IsProblem(answer, 401, "unauthorized");
        Assert.That((await account.Credits()).Available, Is.EqualTo(10));
        var listed = (await Keys()).Select(key => key.GetProperty("prefix").GetString());
        Assert.That(listed, Is.EqualTo(new[] { account.ApiKey[..PrefixLength] }));
        await SubmitTests.IsProblem(await Revoke(account.Id, second[..PrefixLength]), 404, "not_found");
    }

    [TestCase("nb_00000000")]
    [TestCase("nb_")]
    [TestCase("x' or '1' eq '1")]
    public async Task A_beginning_that_no_key_has_is_not_found(string prefix)
    {
        await SubmitTests.IsProblem(await Revoke(account.Id, prefix), 404, "not_found");

        Assert.That(await Keys(), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task A_key_of_another_account_is_not_there()
    {
        var other = await app.NewAccount(credits: 0);

        await SubmitTests.IsProblem(await Revoke(other.Id, account.ApiKey[..PrefixLength]), 404, "not_found");

        Assert.That((await account.Credits()).Available, Is.EqualTo(10));
    }

    [TestCase("nobody")]
    [TestCase("Not-An-Id")]
    public async Task An_account_that_is_not_there_has_no_keys(string id)
    {
        await SubmitTests.IsProblem(await app.Operator(HttpMethod.Get, $"v1/operator/accounts/{id}/keys"), 404, "not_found");
        await SubmitTests.IsProblem(await app.Operator(HttpMethod.Post, $"v1/operator/accounts/{id}/keys"), 404, "not_found");
        await SubmitTests.IsProblem(await Revoke(id, account.ApiKey[..PrefixLength]), 404, "not_found");
    }

    [Test]
    public async Task Of_two_who_open_an_account_at_once_one_gets_its_key()
    {
        for (var round = 0; round < 10; round++)
        {
            var id = $"twins-{round}";
            var answers = await Task.WhenAll(Open(id), Open(id));

            Assert.That(answers.Select(answer => (int)answer.StatusCode).Order(), Is.EqualTo(new[] { 201, 400 }), id);
            await SubmitTests.IsProblem(answers.Single(answer => !answer.IsSuccessStatusCode), 400, "invalid_request", "/id");
            var opened = await answers.Single(answer => answer.IsSuccessStatusCode).Content.ReadFromJsonAsync<JsonElement>();
            var one = new Account(app, id, opened.GetProperty("api_key").GetString()!);
            Assert.That(await one.Credits(), Is.EqualTo((5L, 0L, 0L)));
            Assert.That(await Keys(id), Has.Count.EqualTo(1));
        }
    }

    [Test]
    public async Task Of_two_who_open_an_account_again_that_a_crash_left_without_a_key_one_gets_it()
    {
        var accounts = new TableServiceClient(app.Storage).GetTableClient(StorageNames.AccountsTable);
        for (var round = 0; round < 10; round++)
        {
            var id = AccountId.Parse($"left-{round}");
            await accounts.AddEntityAsync(AccountKeys.AccountRow(id, "Left", DateTimeOffset.UtcNow));
            await TestLedger.Of(app.Storage).Open(id, null, default);

            var answers = await Task.WhenAll(Open(id.Value), Open(id.Value));

            Assert.That(answers.Select(answer => (int)answer.StatusCode).Order(), Is.EqualTo(new[] { 201, 400 }), id.Value);
            Assert.That(await Keys(id.Value), Has.Count.EqualTo(1));
            var opened = await answers.Single(answer => answer.IsSuccessStatusCode).Content.ReadFromJsonAsync<JsonElement>();
            var shown = await (await app.Operator(HttpMethod.Get, $"v1/operator/accounts/{id}")).Content.ReadFromJsonAsync<JsonElement>();
            foreach (var field in (string[])["name", "created_at"])
                Assert.That(shown.GetProperty(field).GetString(), Is.EqualTo(opened.GetProperty(field).GetString()), field);
        }
    }

    private Account With(string key) => account with { ApiKey = key };

    private Task<HttpResponseMessage> Open(string id) =>
        app.Operator(HttpMethod.Post, "v1/operator/accounts", new { id, name = "Twin", credits = 5 });

    private Task<HttpResponseMessage> Revoke(string id, string prefix) =>
        app.Operator(HttpMethod.Delete, $"v1/operator/accounts/{id}/keys/{Uri.EscapeDataString(prefix)}");

    private async Task<string> NewKey()
    {
        var answer = await app.Operator(HttpMethod.Post, $"v1/operator/accounts/{account.Id}/keys");
        Assert.That((int)answer.StatusCode, Is.EqualTo(201));
        return (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("api_key").GetString()!;
    }

    private async Task<List<JsonElement>> Keys(string? id = null)
    {
        var answer = await app.Operator(HttpMethod.Get, $"v1/operator/accounts/{id ?? account.Id}/keys");
        Assert.That((int)answer.StatusCode, Is.EqualTo(200));
        return [.. (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("data").EnumerateArray()];
    }
}
