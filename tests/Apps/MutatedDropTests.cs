using System.Globalization;
using System.Text;
using System.Text.Json;
using Azure.Storage.Queues;

namespace Pipeline.Tests.Apps;

/// <summary>Good files with something changed: each runs or is reported, and none is tried for ever.</summary>
public sealed class MutatedDropTests() : AppTests(credits: 1_000_000)
{
    private const string Json = """
        { "name": "Autumn", "max_credits": 70,
          "jobs": [
            { "prompt": "A {animal}", "model": "512", "matrix": { "animal": ["cat", "Bär"] } },
            { "prompt": "A d\u00f6g", "custom_id": "dog" }
          ], "defaults": { "model": "512" } }
        """;

    private const string Lines = """
        {"manifest":{"name":"Autumn","defaults":{"model":"512"}}}
        {"prompt":"A {animal}","matrix":{"animal":["cat","Bär"]}}

        {"prompt":"A d\u00f6g","custom_id":"dog"}
        """;

    [TestCase(60)]
    [TestCase(500, Explicit = true, Category = "Long", Reason = "Takes some minutes; see docs/operations.md.")]
    public async Task Each_of_many_malformed_files_ends_and_none_is_poison(int files)
    {
        var random = new Random(6);
        for (var n = 0; n < files; n++)
        {
            var (text, ending) = n % 2 == 0 ? (Json, ".json") : (Lines, ".jsonl");
            var bytes = Encoding.UTF8.GetBytes(text);
            var compressed = n % 4 > 1;
            if (compressed && n % 8 > 4) bytes = Manifests.ReadFile.Gzip(bytes);
            bytes = Mutate(bytes, random);
            if (compressed && n % 8 <= 4) bytes = Manifests.ReadFile.Gzip(bytes);
            await account.DropBytes($"{n.ToString(CultureInfo.InvariantCulture)}{ending}{(compressed ? ".gz" : "")}", bytes);
        }

        var ended = new Dictionary<string, JsonElement>(StringComparer.Ordinal);
        for (var looks = 0; ended.Count < files && looks < 900; looks++)
        {
            await Task.Delay(300);
            for (var cursor = ""; ;)
            {
                var page = await account.GetJson($"v1/manifests?limit=100{cursor}");
                foreach (var found in page.GetProperty("data").EnumerateArray())
                {
                    if (Account.IsFinished(found)) ended[found.GetProperty("id").GetString()!] = found;
                }

                if (page.GetProperty("next_cursor").GetString() is not { } next) break;
                cursor = $"&cursor={next}";
            }
        }

        var states = ended.Values.CountBy(found => found.GetProperty("status").GetString()!).ToDictionary();
        await TestContext.Progress.WriteLineAsync(string.Join(", ", states.Select(state => $"{state.Value} {state.Key}")));
        Assert.That(ended, Has.Count.EqualTo(files));
        Assert.That(states.Keys, Is.EquivalentTo(new[] { "completed", "rejected" }));
        foreach (var rejected in ended.Values.Where(found => found.GetProperty("status").GetString() == "rejected"))
        {
            var report = await Account.Report(rejected);
            Assert.That(report.GetProperty("refusal").GetString(), Is.Not.Empty);
            Assert.That(report.GetProperty("refusal_code").GetString(), Is.Not.EqualTo("internal_error"), report.ToString());
        }

        var poison = new QueueClient(app.Storage, "manifests-advance-poison");
        Assert.That((await poison.PeekMessagesAsync(1)).Value, Is.Empty);
        var paid = ended.Values.Sum(found => found.GetProperty("credits").GetProperty("captured").GetInt64());
        Assert.That(await account.Credits(), Is.EqualTo((1_000_000 - paid, 0L, paid)));
    }

    private static byte[] Mutate(byte[] bytes, Random random)
    {
        for (var changes = random.Next(1, 4); changes > 0; changes--)
        {
            var at = random.Next(bytes.Length);
            var end = Math.Min(bytes.Length, at + random.Next(1, 20));
            bytes = random.Next(5) switch
            {
                0 => [.. bytes[..at], (byte)random.Next(256), .. bytes[(at + 1)..]],
                1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
                2 => [.. bytes[..at], .. bytes[end..]],
                3 => [.. bytes[..at], .. bytes[at..end], .. bytes[at..]],
                _ => bytes[..Math.Max(1, at)],
            };
        }

        return bytes;
    }
}
