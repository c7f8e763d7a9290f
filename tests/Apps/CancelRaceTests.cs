using System.Text.Json;

namespace Pipeline.Tests.Apps;

/// <summary>Callers cancel at every moment of a job's life, while its worker is at it and the sweeper looks.</summary>
public sealed class CancelRaceTests
{
    private const int Races = 100;
    private const int AtOnce = 10;

    /// <summary>What the jobs meet: all goes well, a second attempt, several, none needed.</summary>
    private static readonly string[] Fates =
        ["", "[[slow:0.2]]", "[[slow:0.1]] [[fault:fewer:1]]", "[[fault:503:2]]", "[[slow:0.1]] [[fault:safety]]", "[[fault:empty:1]]"];

    [Test]
    public async Task A_hundred_jobs_that_race_with_their_cancellation_have_one_end_each_and_books_that_are_right()
    {
        await using var app = await App.Start();
        var account = await app.NewAccount(credits: Races * 8);
        var races = new Race[Races];

        await Parallel.ForAsync(0, Races, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (n, _) =>
            races[n] = await Run(account, n));
        // Late messages and another sweep meet jobs that are done.
        foreach (var race in races) await account.SendMessage(race.Job);
        await app.Sweep();
        await account.Run(new { prompt = "A job behind them", model = "512" });

        var answers = races.GroupBy(race => race.Answer).ToDictionary(group => group.Key, group => group.Count());
        await TestContext.Progress.WriteLineAsync($"Answers: {string.Join(", ", answers)}. "
            + $"Ends: {string.Join(", ", races.CountBy(race => race.End.GetProperty("status").ToString()))}.");
        Assert.That(answers.Keys, Is.EquivalentTo(new[] { 200, 202, 409 }), "the delays met every state");
        var entries = await account.EntriesByJob();
        foreach (var race in races) await HasOneEnd(account, race, entries[race.Job]);
        await account.BooksAreRight();
    }

    private static async Task<Race> Run(Account account, int n)
    {
        var random = new Random(n);
        var id = await account.Submit(new { prompt = $"Race {n} {Fates[n % Fates.Length]}", num = 2 });
        // A third at once, the others anywhere up to a little after the longest takes.
        if (n % 3 > 0) await Task.Delay(random.Next(900));
        var cancels = await Task.WhenAll(Enumerable.Range(0, 1 + (n % 2)).Select(_ => account.Cancel(id)));
        return new Race(id, cancels.Min(cancel => cancel.Status), await account.Finished(id));
    }

    private static async Task HasOneEnd(Account account, Race race, List<(string Kind, long Amount)> entries)
    {
        var end = await account.Job(race.Job);
        var stored = end.GetProperty("images").EnumerateArray().Count(image => image.GetProperty("status").GetString() == "stored");
        var files = await account.Files(race.Job);

        Assert.Multiple(() =>
        {
            Assert.That(CancelTests.Of(end), Is.EqualTo(CancelTests.Of(race.End)), "it never changed after its end");
            Assert.That(end.GetProperty("finished_at").GetString(), Is.EqualTo(race.End.GetProperty("finished_at").GetString()));
            Assert.That(Sum(entries, "hold"), Is.EqualTo((8L, 1)));
            Assert.That(Sum(entries, "capture"), Is.EqualTo((stored * 4L, stored > 0 ? 1 : 0)));
            Assert.That(Sum(entries, "release"), Is.EqualTo((8L - (stored * 4L), stored < 2 ? 1 : 0)));
            Assert.That(files, Has.Count.EqualTo(2 * stored), "the images, and beside each where it comes from");
            var status = end.GetProperty("status").GetString();
            if (race.Answer < 300) Assert.That(status, Is.EqualTo(stored == 2 ? "succeeded" : "canceled"));
        });
    }

    private static (long Amount, int Count) Sum(List<(string Kind, long Amount)> entries, string kind) =>
        (entries.Where(entry => entry.Kind == kind).Sum(entry => entry.Amount), entries.Count(entry => entry.Kind == kind));

    /// <param name="Job">Its id.</param>
    /// <param name="Answer">The best answer of those who canceled it.</param>
    /// <param name="End">The job when it was first seen to be done.</param>
    private sealed record Race(string Job, int Answer, JsonElement End);
}
