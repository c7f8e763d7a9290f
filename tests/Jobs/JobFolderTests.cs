using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;
using Pipeline.References;

namespace Pipeline.Tests.Jobs;

public sealed class JobFolderTests
{
    private static readonly Uri Address = new("https://store.example:8443/a%20b/cat.png?sig=s3cr3t#part");

    [Test]
    public void An_address_is_noted_by_what_was_fetched_from_it_and_else_without_what_may_be_a_signature()
    {
        var now = DateTimeOffset.UnixEpoch;
        var fetched = ReferenceId.Of(AccountId.Parse("studio"), "1");
        var other = JobId.New(now);
        var request = new JobRequest
        {
            Prompt = "A cat on a mat",
            Model = Catalogue.Load().Default,
            EditOf = new ImageSource.Web(Address),
            RefImages =
            [
                new(new ImageSource.Web(Address, fetched), ReferenceRole.Style), new(new ImageSource.OfJob(other, 3), null),
                new(new ImageSource.Reference(fetched), null),
            ],
        };

        var noted = JobFolder.Of(NewJob.From(AccountId.Parse("studio"), JobId.New(now), request, null, now)).Request;

        Assert.That(noted.EditOf, Is.EqualTo("https://store.example:8443/a%20b/cat.png"));
        Assert.That(noted.RefImages, Is.EqualTo(new[] { fetched.Value, $"{other}/3", fetched.Value }));
    }
}
