using FsCheck;
using FsCheck.Fluent;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class PromptAdviceTests
{
    private static readonly Catalogue Catalogue = Catalogue.Load();

    [TestCase("A lighthouse keeper reads an old letter by lamplight while a storm darkens the window behind her.", "1:1")]
    [TestCase("A poster that says \"Open late\" above a diner at night, neon reflected in the wet street.", "1:1")]
    [TestCase("A shop sign that reads ‘Bücher’, painted in gold on dark green wood.", "1:1")]
    [TestCase("A woman reading a book in a café, the morning sun on the table.", "1:1")]
    [TestCase("A train station where the clock shows 8:15 and nobody waits.", "1:1")]
    [TestCase("A widescreen image of a valley in autumn, mist between the trees.", "16:9")]
    [TestCase("A 9:16 story cover with a cat in the lower third, flat colours.", "9:16")]
    [TestCase("A portrait of an old fisherman, three quarter view, soft light.", "1:1")]
    [TestCase("A red fox, a grey owl, a black cat, a white hare and a brown bear sit around a fire in the woods.", "1:1")]
    [TestCase("夕暮れの灯台", "1:1")]
    public void A_good_prompt_gets_no_advice(string prompt, string ratio) => Assert.That(Codes(prompt, ratio), Is.Empty);

    [TestCase("cat", "1:1", "prompt_short")]
    [TestCase("A red fox", "1:1", "prompt_short")]
    [TestCase("portrait, woman, red hair, 8k, masterpiece, trending, sharp focus", "1:1", "prompt_keywords")]
    [TestCase("forest; fog; moody; cinematic lighting; ultra detailed; bokeh", "1:1", "prompt_keywords")]
    [TestCase("A wooden sign that says welcome home, hanging over a garden gate.", "1:1", "prompt_text_unquoted")]
    [TestCase("A birthday cake with the words happy birthday Anna on top of it.", "1:1", "prompt_text_unquoted")]
    [TestCase("A grey T-shirt with carpe diem written on it, folded on a bed.", "1:1", "prompt_text_unquoted")]
    [TestCase("A coffee mug in the shape of the word Monday, on a desk.", "1:1", "prompt_text_unquoted")]
    [TestCase("A T-shirt reading don't panic, worn by a robot on the street.", "1:1", "prompt_text_unquoted")]
    [TestCase("A view over the old town in 16:9, seen from the bridge at dawn.", "1:1", "prompt_ratio")]
    [TestCase("A view over the old town, 21 x 9, seen from the bridge at dawn.", "16:9", "prompt_ratio")]
    [TestCase("A vertical poster for a jazz night with a saxophone in the rain.", "16:9", "prompt_ratio")]
    [TestCase("A square picture of a teapot on a windowsill, seen from above.", "3:2", "prompt_ratio")]
    [TestCase("A landscape orientation view of the moon over quiet fields.", "1:1", "prompt_ratio")]
    public void What_could_be_better_is_named(string prompt, string ratio, string code) =>
        Assert.That(Codes(prompt, ratio), Is.EqualTo(new[] { code }));

    [Test]
    public void A_short_instruction_is_enough_for_an_image_that_goes_along()
    {
        var image = ReadImageSource.Form("https://example.org/cat.png")!;
        var edit = new JobRequest { Prompt = "Make it blue", Model = Catalogue.Default, EditOf = image };
        var styled = edit with { EditOf = null, RefImages = [new ReferenceImage(image, ReferenceRole.Style)] };

        Assert.That(PromptAdvice.Of(edit, Catalogue), Is.Empty);
        Assert.That(PromptAdvice.Of(styled, Catalogue), Is.Empty);
    }

    [Test]
    public void Any_text_gets_advice_without_failing() => Check.One(
        Config.QuickThrowOnFailure.WithMaxTest(2000),
        Prop.ForAll(
            ArbMap.Default.ArbFor<NonEmptyString>(),
            prompt => Codes(prompt.Get, "1:1").All(code => code.StartsWith("prompt_", StringComparison.Ordinal))));

    [Test]
    [CancelAfter(20_000)]
    public void The_longest_prompts_are_read_in_no_time(CancellationToken cancel)
    {
        foreach (var part in new[] { "a", "a,", "'", "\"", "sign ", "sign that says ", "1:", "12:12 ", " \n", "a'a-" })
        {
            var prompt = string.Concat(Enumerable.Repeat(part, ReadJobRequest.PromptLengthMax / part.Length));
            Codes(prompt, "1:1");
            cancel.ThrowIfCancellationRequested();
        }
    }

    private static IEnumerable<string> Codes(string prompt, string ratio) => PromptAdvice
        .Of(new JobRequest { Prompt = prompt, Model = Catalogue.Default, ImageSize = ratio }, Catalogue)
        .Select(warning => warning.Code);
}
