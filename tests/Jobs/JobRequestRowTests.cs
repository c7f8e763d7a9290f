using System.Text.Json;
using Pipeline.Accounts;
using Pipeline.Images;
using Pipeline.Jobs;

namespace Pipeline.Tests.Jobs;

public sealed class JobRequestRowTests
{
    private const string NoUrl = "https://.xn--/";

    private static readonly Catalogue Catalogue = Catalogue.Load();

    [Test]
    public void A_row_with_a_URL_that_cannot_be_read_is_read_and_shows_it_as_it_is()
    {
        var asked = JsonSerializer.SerializeToElement(
            new { prompt = "A cat", ref_images = new[] { "https://example.org/a.png" }, webhook_url = "https://example.org/hook" });
        var job = NewJob.From(
            AccountId.New(), JobId.New(DateTimeOffset.UnixEpoch), ReadJobRequest.From(asked, "", Catalogue, out _)!, null,
            DateTimeOffset.UnixEpoch);
        var row = JobRow.Whole(job);
        row["WebhookUrl"] = NoUrl;
        row["RefImages"] = row.GetString("RefImages")!.Replace("https://example.org/a.png", NoUrl, StringComparison.Ordinal);

        var view = JobRequestView.Of(JobRequestRow.Read(row, Catalogue));

        Assert.That((view.WebhookUrl, view.RefImages.Single().Image), Is.EqualTo((NoUrl, NoUrl)));
    }
}
