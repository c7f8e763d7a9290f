using FsCheck;
using FsCheck.Fluent;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class ComposePromptTests
{
    private const int ImagesMax = 10;

    private static readonly Model Model = Catalogue.Load().Default;

    [Test]
    public void A_prompt_alone_is_sent_as_it_is() => IsSent(Compose("A cat"), edit: false, "A cat");

    [Test]
    public void One_image_to_edit_takes_the_route_for_that_with_the_prompt_as_it_is() =>
        IsSent(Compose("Make it night", editOf: Web("a")), edit: true, "Make it night", Web("a"));

    [Test]
    public void References_without_roles_leave_the_prompt_as_it_is()
    {
        IsSent(Compose("Like these", references: [(Web("a"), null), (Web("b"), null)]), edit: false, "Like these", Web("a"), Web("b"));
        IsSent(Compose("Put it in", editOf: Web("e"), references: [(Web("a"), null)]), edit: false, "Put it in", Web("e"), Web("a"));
    }

    [Test]
    public void Roles_are_told_in_sentences_behind_the_prompt() => IsSent(
        Compose("A cat", references:
        [
            (Web("a"), ReferenceRole.Style), (Web("b"), ReferenceRole.Object), (Web("c"), ReferenceRole.Character), (Web("d"), null),
        ]),
        edit: false,
        "A cat\n\nImage 1 shows the style to follow, not what to draw. Image 2 shows an object that must appear as it is. "
        + "Image 3 shows a character who must stay recognizable. Image 4 is for reference.",
        Web("a"), Web("b"), Web("c"), Web("d"));

    [Test]
    public void The_image_to_edit_is_counted_first() => IsSent(
        Compose("Make it night", editOf: Web("e"), references: [(Web("a"), ReferenceRole.Style)]),
        edit: false,
        "Make it night\n\nImage 1 is the one to edit. Image 2 shows the style to follow, not what to draw.",
        Web("e"), Web("a"));

    [Test]
    public void A_first_edit_goes_along_with_the_prompt_that_made_its_image() => IsSent(
        Compose("Make it night", editOf: Made(1), rounds: [new Round("A cat", Made(1))]),
        edit: true,
        """
        This picture is made in rounds. The rounds so far, oldest first:
        - Image 1 came of: A cat
        Now edit image 1: Make it night
        """,
        Made(1));

    [Test]
    public void Earlier_images_come_last_and_the_newest_of_them_first() => IsSent(
        Compose(
            "Add the hat", editOf: Made(3), references: [(Web("hat"), ReferenceRole.Object)],
            rounds: [new Round("A cat", Made(1)), new Round("Make it night", Made(2)), new Round("Add stars", Made(3))]),
        edit: false,
        """
        This picture is made in rounds. The rounds so far, oldest first:
        - Image 4 came of: A cat
        - Image 3 came of: Make it night
        - Image 1 came of: Add stars
        Now edit image 1: Add the hat

        Image 1 is the one to edit. Image 2 shows an object that must appear as it is.
        """,
        Made(3), Web("hat"), Made(2), Made(1));

    [Test]
    public void What_exceeds_ten_images_is_told_without_its_image()
    {
        var composed = Compose(
            "Again", editOf: Made(9), references: [.. Enumerable.Range(0, 8).Select(n => ((ImageSource)Web($"{n}"), (ReferenceRole?)null))],
            rounds: [new Round("Oldest", Made(7)), new Round("Older", Made(8)), new Round("Old", Made(9))]);

        Assert.That(composed.Images, Has.Count.EqualTo(10));
        Assert.That(composed.Images[^1], Is.EqualTo(Made(8)));
        Assert.That(composed.Prompt, Does.Contain("- Before: Oldest\n- Image 10 came of: Older\n- Image 1 came of: Old\n"));
    }

    [Test]
    public void The_newest_rounds_are_kept_when_not_all_fit()
    {
        var composed = Compose(
            new string('p', 9_000), editOf: Made(3),
            rounds: [new Round(new string('a', 9_000), Made(1)), new Round(new string('b', 9_000), Made(2)), new Round("c", Made(3))]);

        Assert.That(composed.Prompt, Does.Contain("bbb").And.Contain("- Image 1 came of: c").And.Not.Contain("aaa"));
        Assert.That(composed.Images, Is.EqualTo(new[] { Made(3), Made(2) }));
    }

    [Test]
    public void Whatever_the_conversation_the_callers_own_words_and_images_are_there_and_the_limits_are_kept()
    {
        var requests =
            from prompt in Gen.Choose(1, 19_000)
            from references in Gen.Choose(0, 9)
            from role in Gen.Elements<ReferenceRole?>(null, ReferenceRole.Style, ReferenceRole.Character)
            from lengths in Gen.Choose(1, 20_000).ListOf(8)
            select (prompt, references, role, lengths);

        Prop.ForAll(requests.ToArbitrary(), asked =>
        {
            var own = Enumerable.Range(0, asked.references).Select(n => ((ImageSource)Web($"{n}"), asked.role)).ToArray();
            var rounds = asked.lengths.Select((length, n) => new Round(new string('r', length), Made(n))).ToList();
            var composed = Compose(new string('p', asked.prompt), Made(rounds.Count - 1), own, rounds);

            Assert.That(composed.Prompt, Has.Length.LessThanOrEqualTo(20_000));
            Assert.That(composed.Prompt, Does.Contain(new string('p', asked.prompt)));
            Assert.That(composed.Images, Has.Count.LessThanOrEqualTo(ImagesMax).And.Count.GreaterThan(asked.references));
            Assert.That(composed.Images.Distinct(), Has.Exactly(composed.Images.Count).Items);
            Assert.That(composed.Images.Take(1 + own.Length), Is.EqualTo(own.Select(image => image.Item1).Prepend(rounds[^1].Image)));
            Assert.That(composed.IsEdit, Is.EqualTo(composed.Images.Count == 1));
            foreach (var number in Enumerable.Range(own.Length + 2, composed.Images.Count - own.Length - 1))
                Assert.That(composed.Prompt, Does.Contain($"- Image {number} came of: "));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static void IsSent(ComposedRequest composed, bool edit, string prompt, params ImageSource[] images)
    {
        Assert.That(composed.Prompt, Is.EqualTo(prompt));
        Assert.That(composed.Images, Is.EqualTo(images));
        Assert.That(composed.IsEdit, Is.EqualTo(edit));
    }

    private static ComposedRequest Compose(
        string prompt, ImageSource? editOf = null, (ImageSource Image, ReferenceRole? Role)[]? references = null,
        IReadOnlyList<Round>? rounds = null)
    {
        var request = new JobRequest
        {
            Prompt = prompt,
            Model = Model,
            EditOf = editOf,
            RefImages = [.. (references ?? []).Select(reference => new ReferenceImage(reference.Image, reference.Role))],
        };
        return ComposePrompt.From(request, rounds ?? [], ImagesMax);
    }

    private static ImageSource.Web Web(string name) => new(new Uri($"https://images.example/{name}.png"));

    private static ImageSource.OfJob Made(int round) => new(JobId.OfManifest(DateTimeOffset.UnixEpoch, "00000000000", round), 0);
}
