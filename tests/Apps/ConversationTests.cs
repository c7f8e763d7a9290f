namespace Pipeline.Tests.Apps;

/// <summary>A picture that is made in rounds, each an edit of an earlier image.</summary>
public sealed class ConversationTests() : AppTests(credits: 200)
{
    private const string Begin = "This picture is made in rounds. The rounds so far, oldest first:\n";

    [Test]
    public async Task Five_rounds_with_a_branch_at_the_third_name_their_parents_and_send_the_right_images()
    {
        var one = await Round("A cat");
        var two = await Round("Make it night", one);
        var three = await Round("Add stars", two);
        var four = await Round("Add a moon", three);
        var five = await Round("Make it red", four);
        var branch = await Round("Add a comet", three);

        Assert.That(
            new[] { one, two, three, four, five, branch }.Select(round => round.Parent),
            Is.EqualTo(new[] { null, one.Id, two.Id, three.Id, four.Id, three.Id }));
        Assert.Multiple(() =>
        {
            Assert.That(one.Seen, Is.Empty);
            Assert.That(two.Seen, Is.EqualTo(new[] { $"image {one.Sha256}" }));
            Assert.That(three.Seen, Is.EqualTo(Fields(two, one)));
            Assert.That(four.Seen, Is.EqualTo(Fields(three, two, one)));
            Assert.That(five.Seen, Is.EqualTo(Fields(four, three, two, one)));
            Assert.That(branch.Seen, Is.EqualTo(Fields(three, two, one)));
        });
        Assert.That(Calls(
            "- Image 4 came of: A cat\n- Image 3 came of: Make it night\n- Image 2 came of: Add stars\n- Image 1 came of: Add a moon\n"
            + "Now edit image 1: Make it red"), Is.EqualTo(1));
        Assert.That(Calls(
            "- Image 3 came of: A cat\n- Image 2 came of: Make it night\n- Image 1 came of: Add stars\n"
            + "Now edit image 1: Add a comet"), Is.EqualTo(1));
    }

    [Test]
    public async Task The_callers_references_stand_between_the_image_and_the_earlier_ones()
    {
        var hat = TestPicture.Png();
        var one = await Round("A cat");
        var two = await Round("Make it night", one);
        var three = await Round("Add the hat", two, await account.Upload(hat));

        Assert.That(three.Seen, Is.EqualTo(new[]
        {
            $"ref_images[0] {two.Sha256}", $"ref_images[1] {TestPicture.Sha256(hat)}", $"ref_images[2] {one.Sha256}",
        }));
    }

    [Test]
    public async Task A_conversation_of_twelve_rounds_keeps_the_last_ten()
    {
        var rounds = new List<MadeRound> { await Round("Round 0") };
        for (var n = 1; n < 12; n++) rounds.Add(await Round($"Round {n}", rounds[^1]));

        Assert.That(rounds[^1].Seen, Is.EqualTo(Fields([.. rounds.SkipLast(1).Reverse().Take(10)])));
        var told = string.Concat(Enumerable.Range(1, 10).Select(n => $"- Image {11 - n} came of: Round {n}\n"));
        Assert.That(Calls(told + "Now edit image 1: Round 11"), Is.EqualTo(1));
    }

    private static string[] Fields(params MadeRound[] rounds) =>
        [.. rounds.Select((round, place) => $"ref_images[{place}] {round.Sha256}")];

    private int Calls(string prompt) => app.ImageApi.CallsOf(Begin + prompt);

    /// <summary>Runs one round to its end, and notes what the image API saw of it.</summary>
    private async Task<MadeRound> Round(string prompt, MadeRound? parent = null, params string[] references)
    {
        var before = app.ImageApi.Stats.References.Count;
        var editOf = parent is null ? null : $"{parent.Id}/0";
        var job = await account.Run(new { prompt, edit_of = editOf, ref_images = references, model = "512" });
        Assert.That(job.GetProperty("status").GetString(), Is.EqualTo("succeeded"), job.ToString());
        Assert.That(job.GetProperty("prompt").GetString(), Is.EqualTo(prompt));
        return new MadeRound(
            job.GetProperty("id").GetString()!,
            job.GetProperty("parent").GetString(),
            job.GetProperty("images")[0].GetProperty("sha256").GetString()!,
            [.. app.ImageApi.Stats.References.Skip(before).Select(seen => $"{seen.Field} {seen.Sha256}")]);
    }

    private sealed record MadeRound(string Id, string? Parent, string Sha256, IReadOnlyList<string> Seen);
}
