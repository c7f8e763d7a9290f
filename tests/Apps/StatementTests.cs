using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CsvHelper;

namespace Pipeline.Tests.Apps;

/// <summary>The ledger as its owner reads and checks it: entry by entry, as a statement, and as a chain.</summary>
public sealed class StatementTests() : AppTests(credits: 100)
{
    [Test]
    public async Task Entries_are_narrowed_down_by_kind_reference_and_both()
    {
        var job = await RunCat();
        await RunCat();
        await Grant("a 'quoted' one");

        Assert.Multiple(async () =>
        {
            Assert.That(await Versions(""), Is.EqualTo(new long[] { 6, 5, 4, 3, 2, 1 }));
            Assert.That(await Versions("kind=hold"), Is.EqualTo(new long[] { 4, 2 }));
            Assert.That(await Versions($"reference={job}"), Is.EqualTo(new long[] { 3, 2 }));
            Assert.That(await Versions($"reference={job}&kind=capture"), Is.EqualTo(new long[] { 3 }));
            Assert.That(await Versions($"reference={Uri.EscapeDataString("a 'quoted' one")}"), Is.EqualTo(new long[] { 6 }));
            Assert.That(await Versions("reference=nothing"), Is.Empty);
            Assert.That(await Versions("kind=correct"), Is.Empty);
        });
    }

    [Test]
    public async Task Windows_of_time_side_by_side_have_each_entry_once()
    {
        await Grant("a");
        await Grant("b");
        var middle = (await Entries())[1].GetProperty("recorded_at").GetString();

        Assert.That(await Versions($"recorded_before={middle}"), Is.EqualTo(new long[] { 1 }));
        Assert.That(await Versions($"recorded_after={middle}"), Is.EqualTo(new long[] { 3, 2 }));
        Assert.That(await Versions($"recorded_after={middle}&recorded_before={middle}"), Is.Empty);
        await SubmitTests.IsProblem(
            await account.Get("v1/credits/entries?recorded_after=yesterday"), 400, "invalid_request", "?recorded_after");
    }

    [Test]
    public async Task Narrowed_entries_come_in_pages_without_gaps()
    {
        for (var grant = 0; grant < 7; grant++) await Grant(grant % 2 == 0 ? "even" : "odd", grant);
        await RunCat();

        Assert.That(await Versions("kind=grant", limit: 3), Is.EqualTo(new long[] { 8, 7, 6, 5, 4, 3, 2, 1 }));
        Assert.That(await Versions("kind=grant", limit: 4), Is.EqualTo(new long[] { 8, 7, 6, 5, 4, 3, 2, 1 }));
        Assert.That(await Versions("", limit: 3), Is.EqualTo(new long[] { 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 }));
        Assert.That(await Versions("kind=hold", limit: 1), Is.EqualTo(new long[] { 9 }));
    }

    [Test]
    public async Task A_statement_has_all_entries_as_csv()
    {
        const string Reference = "Invoice \"7\"; paid, by Jörg";
        await Grant(Reference);
        await Operator("revocations", new { credits = 1, reason = "Too many, \"they\" said", reference = "back" });
        await RunCat();

        var answer = await GetEntries("text/csv");
        var text = await answer.Content.ReadAsStringAsync();

        Assert.That(answer.Content.Headers.ContentType?.ToString(), Is.EqualTo("text/csv; charset=utf-8"));
        Assert.That(answer.Content.Headers.ContentDisposition?.FileName, Is.EqualTo($"{account.Id}-entries.csv"));
        Assert.That(text, Does.Contain("\"Invoice \"\"7\"\"; paid, by Jörg\""));
        var rows = Parse(text);
        var entries = await Entries();
        Assert.That(rows, Has.Count.EqualTo(entries.Count).And.Count.EqualTo(5));
        foreach (var (row, entry) in rows.Zip(entries))
        {
            foreach (var (column, value) in row)
            {
                var from = column is "available" or "held" or "spent" or "granted" ? entry.GetProperty("after") : entry;
                Assert.That(value, Is.EqualTo(from.GetProperty(column).ToString()), $"{column} of entry {row["version"]}");
            }
        }

        Assert.That(rows[3]["reference"], Is.EqualTo(Reference));
        Assert.That(rows[2]["reason"], Is.EqualTo("Too many, \"they\" said"));
    }

    [Test]
    public async Task A_statement_is_narrowed_down_as_a_list_is_and_has_no_pages()
    {
        for (var grant = 0; grant < 25; grant++) await Grant("many", grant);

        Assert.That(Parse(await (await GetEntries("text/csv")).Content.ReadAsStringAsync()), Has.Count.EqualTo(26));
        Assert.That(Parse(await (await GetEntries("text/csv", "?reference=many-7")).Content.ReadAsStringAsync()), Has.Count.EqualTo(1));
        Assert.That(Parse(await (await GetEntries("text/csv", "?kind=hold")).Content.ReadAsStringAsync()), Is.Empty);
        await SubmitTests.IsProblem(await GetEntries("text/csv", "?limit=5"), 400, "invalid_request", "?limit");
        await SubmitTests.IsProblem(await GetEntries("text/csv", "?cursor=5"), 400, "invalid_request", "?cursor");
    }

    [TestCase("text/csv", "text/csv")]
    [TestCase("text/csv; charset=utf-8", "text/csv")]
    [TestCase("text/*", "text/csv")]
    [TestCase("text/csv, */*; q=0.1", "text/csv")]
    [TestCase("application/json; q=0.5, text/csv; q=0.9", "text/csv")]
    [TestCase("application/json; q=0.9, text/csv; q=0.5", "application/json")]
    [TestCase("application/json, text/csv", "application/json")]
    [TestCase("text/csv; q=0", "application/json")]
    [TestCase("*/*", "application/json")]
    [TestCase("image/png", "application/json")]
    [TestCase(null, "application/json")]
    public async Task Csv_is_sent_to_those_who_prefer_it(string? accept, string type) =>
        Assert.That((await GetEntries(accept)).Content.Headers.ContentType?.MediaType, Is.EqualTo(type));

    [Test]
    public async Task Whoever_has_the_entries_can_prove_the_chain()
    {
        // More than the jobs can hold, so that some expire however fast they are; at once or, as holds end, in parts.
        var expires = DateTimeOffset.UtcNow.AddSeconds(3);
        await Operator("grants", new { credits = 90, category = "promotional", expires_at = expires, reference = "a \\ and \\n b" });
        await Operator("grants", new { credits = 8, category = "promotional", expires_at = "9999-12-31T00:00:00Z", reference = "late" });
        await Operator("revocations", new { credits = 1, reason = "Zwölf, \"zu viel\"; \\", reference = "back" });
        await account.Drop("two.json", """[{"prompt":"A cat"},{"prompt":"A dog [[fault:safety]]"}]""");
        await account.Manifest("completed");
        await Operator("corrections", new { credits = 4, from = "spent", to = "available", corrects = 5, reason = "x", reference = "y" });
        await account.Submit(new { prompt = "A cat on a mat [[slow:1]]" });
        await Account.Until(() => Versions("kind=expire"), expired => expired.Count > 0);
        await Account.Until(account.Credits, credits => credits.Held == 0);

        var entries = await Entries();
        entries.Reverse();

        Assert.That(
            entries.Select(entry => entry.GetProperty("kind").GetString()).Distinct(),
            Is.EquivalentTo(new[] { "grant", "revoke", "hold", "capture", "release", "correct", "expire" }));
        var previous = "";
        foreach (var entry in entries)
        {
            Assert.That(entry.GetProperty("hash").GetString(), Is.EqualTo(HashOf(previous, entry)), entry.ToString());
            previous = entry.GetProperty("hash").GetString()!;
        }
    }

    [Test]
    public async Task Whoever_has_the_images_can_prove_what_was_paid_for()
    {
        foreach (var prompt in (string[])["A cat on a mat", "A cat on a mat [[fault:fewer]]"])
        {
            var job = await account.Run(new { prompt, num = 3, model = "2k" });
            var capture = (await account.GetJson($"v1/credits/entries?kind=capture&reference={job.GetProperty("id")}"))
                .GetProperty("data").EnumerateArray().Single();

            var lines = job.GetProperty("images").EnumerateArray()
                .Where(image => image.GetProperty("status").GetString() == "stored")
                .Select(image => string.Join(' ', Values(image, "index", "sha256", "bytes", "content_type", "width", "height")))
                .Prepend(job.GetProperty("model").GetString());
            Assert.That(capture.GetProperty("delivered").GetString(), Is.EqualTo(Sha256(string.Join('\n', lines))), prompt);
        }
    }

    /// <summary>As <c>docs/ledger.md</c> says, from nothing but what the entry shows.</summary>
    private static string HashOf(string previous, JsonElement entry)
    {
        var lots = entry.GetProperty("lots").EnumerateArray()
            .Select(lot => string.Join('/', Values(lot, "category", "expires_at", "credits")));
        string[] lines =
        [
            previous,
            .. Values(
                entry, "version", "kind", "amount", "from", "to", "reference", "category", "expires_at", "reason", "corrects", "jobs",
                "delivered"),
            .. Values(entry.GetProperty("after"), "granted", "available", "held", "spent"),
            string.Join(';', lots),
            .. Values(entry, "open_jobs", "spent_today", "occurred_at", "recorded_at", "transaction"),
        ];
        return Sha256(string.Join('\n', lines.Select(
            line => line.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal))));
    }

    /// <summary>Of null, an empty text.</summary>
    private static IEnumerable<string> Values(JsonElement json, params string[] names) =>
        names.Select(name => json.GetProperty(name).ToString());

    private static string Sha256(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static List<IDictionary<string, object>> Parse(string csv)
    {
        using var reader = new CsvReader(new StringReader(csv), CultureInfo.InvariantCulture);
        return [.. reader.GetRecords<dynamic>().Cast<IDictionary<string, object>>()];
    }

    private async Task<string> RunCat() => (await account.Run(new { prompt = "A cat on a mat" })).GetProperty("id").GetString()!;

    private Task Grant(string reference, int? number = null) =>
        Operator("grants", new { credits = 5, reference = number is null ? reference : $"{reference}-{number}" });

    private async Task Operator(string kind, object body)
    {
        var answer = await app.Operator(HttpMethod.Post, $"v1/operator/accounts/{account.Id}/{kind}", body);
        Assert.That((int)answer.StatusCode, Is.EqualTo(201), await answer.Content.ReadAsStringAsync());
    }

    private Task<HttpResponseMessage> GetEntries(string? accept, string query = "")
    {
        var request = new HttpRequestMessage(HttpMethod.Get, "v1/credits/entries" + query);
        if (accept is not null) request.Headers.TryAddWithoutValidation("Accept", accept);
        return app.Send(request, account.ApiKey);
    }

    /// <summary>All pages' entries, the newest first.</summary>
    private async Task<List<JsonElement>> Entries(string query = "", int limit = 100)
    {
        var entries = new List<JsonElement>();
        for (var cursor = ""; ;)
        {
            var page = await account.GetJson($"v1/credits/entries?limit={limit}{(query.Length > 0 ? "&" + query : "")}{cursor}");
            Assert.That(page.GetProperty("data").GetArrayLength(), Is.LessThanOrEqualTo(limit));
            entries.AddRange(page.GetProperty("data").EnumerateArray());
            if (page.GetProperty("next_cursor").GetString() is not { } next) return entries;
            cursor = $"&cursor={next}";
        }
    }

    private async Task<List<long>> Versions(string query, int limit = 100) =>
        [.. (await Entries(query, limit)).Select(entry => entry.GetProperty("version").GetInt64())];
}
