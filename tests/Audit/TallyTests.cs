using FsCheck;
using FsCheck.Fluent;
using Pipeline.Audit;

namespace Pipeline.Tests.Audit;

/// <summary>Two streams are compared by sums: what both say cancels out, in whatever order, and nothing else does.</summary>
public sealed class TallyTests
{
    [Test]
    public void It_is_even_exactly_if_both_sides_say_the_same_as_often()
    {
        var said = Gen.Choose(0, 5).Select(number => $"entry {number}").ListOf();
        var both = from left in said from right in said from isSame in Gen.Elements(true, false) select (left, isSame ? left : right);

        Prop.ForAll(both.ToArbitrary(), pair =>
        {
            var tally = new Tally();
            foreach (var text in pair.Item1) tally.Add(text);
            foreach (var text in pair.Item2.AsEnumerable().Reverse()) tally.Take(text);
            return tally.IsEven == pair.Item1.Order().SequenceEqual(pair.Item2.Order());
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(10_000));
    }

    [Test]
    public void What_only_one_side_says_is_among_what_is_odd_and_little_else_is()
    {
        var tally = new Tally();
        for (var number = 0; number < 10_000; number++) tally.Add($"entry {number}");
        for (var number = 0; number < 10_000; number++)
        {
            if (number is not (4_711 or 4_712)) tally.Take($"entry {number}");
        }

        var odd = Enumerable.Range(0, 10_000).Where(number => tally.IsOdd($"entry {number}")).ToList();
        Assert.That(odd, Does.Contain(4_711).And.Contain(4_712));
        Assert.That(odd, Has.Count.LessThan(100));
    }
}
