using Pipeline.Accounts;
using Pipeline.Audit;

namespace Pipeline.Tests.Audit;

public sealed class CheckpointTests
{
    private const string Key = "a key of at least thirty-two characters";

    private static readonly AccountId Account = AccountId.Parse("demo");
    private static readonly Checkpoint Given = new(42, new string('a', 64));

    [Test]
    public void It_is_read_as_it_was_given() =>
        Assert.That(Checkpoint.Read(Given.Sign(Account, Key), Account, Key), Is.EqualTo(Given));

    [Test]
    public void Of_another_account_or_key_or_changed_anywhere_it_is_none()
    {
        var text = Given.Sign(Account, Key);

        Assert.That(Checkpoint.Read(text, AccountId.Parse("other"), Key), Is.Null);
        Assert.That(Checkpoint.Read(text, Account, Key + "x"), Is.Null);
        for (var place = 0; place < text.Length; place++)
        {
            var changed = text[..place] + (text[place] == '7' ? '8' : '7') + text[(place + 1)..];
            Assert.That(Checkpoint.Read(changed, Account, Key), Is.Null, changed);
        }
    }

    [TestCase("")]
    [TestCase("cp_")]
    [TestCase("cp_42")]
    [TestCase("cp_42.aa.bb.cc")]
    [TestCase("cp_-1.aa.bb")]
    public void What_is_not_of_its_form_is_none(string text) => Assert.That(Checkpoint.Read(text, Account, Key), Is.Null);
}
