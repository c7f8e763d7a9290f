using System.Net;
using System.Text;
using Pipeline.Images;

namespace Pipeline.Tests.Images;

public sealed class ReadAnswerTests
{
    private static readonly Uri BaseUrl = new("https://api.example/");

    [TestCase("""{"code":0,"message":"success","data":{"url":"https://cdn.example/a.png"}}""")]
    [TestCase("""{"code":0,"data":{"url":["https://cdn.example/a.png"]}}""")]
    [TestCase("""{"data":{"images":[{"url":"https://cdn.example/a.png"}]}}""")]
    [TestCase("""{"images":[{"url":"https://cdn.example/a.png"}]}""")]
    [TestCase("""{"data":["https://cdn.example/a.png"]}""")]
    [TestCase("""{"data":[{"url":"https://cdn.example/a.png"}]}""")]
    [TestCase("""["https://cdn.example/a.png"]""")]
    [TestCase("""{"code":200,"data":{"url":"https://cdn.example/a.png"}}""")]
    [TestCase("""{"code":"0","data":{"url":"https://cdn.example/a.png"}}""")]
    public void URLs_are_found_wherever_APIs_of_this_kind_put_them(string body) =>
        Assert.That(Urls(Read(200, body)), Is.EqualTo(new[] { new Uri("https://cdn.example/a.png") }));

    [Test]
    public void A_picture_that_is_named_twice_is_one() => Assert.That(
        Urls(Read(200, """{"data":{"url":"https://cdn.example/a.png","images":[{"url":"https://cdn.example/a.png"}]}}""")),
        Has.Count.EqualTo(1));

    [Test]
    public void The_signature_of_a_URL_that_the_API_repeats_is_not_passed_on()
    {
        var outcome = Read(400, """{"code":400,"message":"ref_images[0] (https://a.blob.example/r/x?sig=abc&se=1) cannot be fetched"}""");

        Assert.That(
            ((ImageApiOutcome.RequestRejected)outcome).Detail,
            Is.EqualTo("400: ref_images[0] (https://a.blob.example/r/x?… cannot be fetched"));
    }

    [TestCase("""{"code":"\ud800"}""")]
    [TestCase("""{"\ud800":1}""")]
    [TestCase("""{"data":{"url":"//"}}""")]
    [TestCase("""{"data":{"url":"\ud800"}}""")]
    public void No_answer_makes_it_fail(string body) => Assert.That(() => Read(200, body), Throws.Nothing);

    [Test]
    public void Text_that_is_not_UTF_8_is_no_JSON() => Assert.That(
        ReadAnswer.From(HttpStatusCode.OK, (byte[])[.. "{\"message\":\"Gr"u8, 0xF6, .. "\"}"u8], 1, null, BaseUrl),
        Is.TypeOf<ImageApiOutcome.Unknown>());

    [Test]
    public void Several_URLs_keep_their_order() => Assert.That(
        Urls(Read(200, """{"code":0,"data":{"url":["https://cdn.example/0.png","https://cdn.example/1.png"]}}""", asked: 2)),
        Is.EqualTo(new[] { new Uri("https://cdn.example/0.png"), new Uri("https://cdn.example/1.png") }));

    [Test]
    public void A_path_is_one_of_the_APIs_own() =>
        Assert.That(
            Urls(Read(200, """{"data":{"url":"/files/0.png"}}""")), Is.EqualTo(new[] { new Uri("https://api.example/files/0.png") }));

    [TestCase("""{"code":0,"message":"success","data":{}}""")]
    [TestCase("""{"code":0,"message":"success","data":{"url":[]}}""")]
    [TestCase("""{"code":0,"message":"success","data":{"url":""}}""")]
    [TestCase("""{"code":0,"message":"success","data":"done"}""")]
    [TestCase("""{"code":0,"message":"success","data":{"url":"file:///etc/passwd"}}""")]
    [TestCase("""{}""")]
    public void Success_without_an_image_is_no_image(string body) => Assert.That(Read(200, body), Is.TypeOf<ImageApiOutcome.NoImage>());

    [TestCase(200, """{"code":2001,"message":"blocked by the safety filter (IMAGE_SAFETY)"}""")]
    [TestCase(200, """{"code":0,"message":"PROHIBITED_CONTENT","data":{}}""")]
    [TestCase(400, """{"code":400,"message":"violates our content policy"}""")]
    [TestCase(422, """{"error":{"message":"IMAGE_SAFETY"}}""")]
    public void A_refusal_of_the_content_is_told_from_others_by_its_words(int status, string body) =>
        Assert.That(Read(status, body), Is.TypeOf<ImageApiOutcome.ContentRejected>());

    [TestCase(400, """{"code":400,"message":"bad ratio"}""")]
    [TestCase(422, "")]
    [TestCase(404, "<html>")]
    [TestCase(302, "")]
    public void A_bad_request_is_rejected_for_good(int status, string body) =>
        Assert.That(Read(status, body), Is.TypeOf<ImageApiOutcome.RequestRejected>());

    [TestCase(401, """{"message":"Invalid API key"}""")]
    [TestCase(403, "")]
    [TestCase(402, "")]
    [TestCase(200, """{"code":401,"message":"bad key"}""")]
    [TestCase(200, """{"code":1002,"message":"Invalid API key"}""")]
    [TestCase(200, """{"code":1003,"message":"Insufficient balance"}""")]
    public void A_bad_key_or_an_empty_account_is_told_from_a_bad_request(int status, string body) =>
        Assert.That(Read(status, body), Is.TypeOf<ImageApiOutcome.KeyRefused>());

    [TestCase(429, "")]
    [TestCase(200, """{"code":429,"message":"slow down"}""")]
    public void Asking_too_often_is_told_from_other_failures(int status, string body) =>
        Assert.That(Read(status, body), Is.TypeOf<ImageApiOutcome.Throttled>());

    [Test]
    public void Fewer_images_than_asked_for_are_delivered_in_part_and_more_are_left_alone()
    {
        const string Two = """{"data":{"url":["https://cdn.example/0.png","https://cdn.example/1.png"]}}""";

        Assert.That(Read(200, Two, asked: 3), Is.TypeOf<ImageApiOutcome.DeliveredInPart>());
        Assert.That(Read(200, Two, asked: 3).Detail, Is.EqualTo("2 of 3 images came."));
        Assert.That(Read(200, Two, asked: 2), Is.TypeOf<ImageApiOutcome.Delivered>());
        Assert.That(Urls(Read(200, Two, asked: 1)), Is.EqualTo(new[] { new Uri("https://cdn.example/0.png") }));
    }

    [TestCase(500, "<html>oops</html>")]
    [TestCase(502, "")]
    [TestCase(503, """{"message":"busy"}""")]
    [TestCase(503, """{"message":"the safety service is away"}""")]
    [TestCase(504, "")]
    [TestCase(408, "")]
    [TestCase(200, "<html>maintenance</html>")]
    [TestCase(200, "")]
    [TestCase(200, "\"ok\"")]
    [TestCase(200, """{"code":1001,"message":"internal error"}""")]
    [TestCase(200, """{"code":503,"message":"busy"}""")]
    [TestCase(200, """{"code":true}""")]
    public void What_may_pass_is_unavailable(int status, string body) =>
        Assert.That(Read(status, body), Is.TypeOf<ImageApiOutcome.Unavailable>());

    [TestCase("{\"data\":{\"url\":\"https://cdn.exam")]
    [TestCase(" [{\"url\":\"https://cdn.example/0.png\"},")]
    [TestCase("{\"data\":{\"url\":\"https://cdn.example/0.png\",\"note\":\"\\ud800\"}}")]
    public void An_answer_that_began_to_say_what_was_made_may_have_been_charged(string body) =>
        Assert.That(Read(200, body), Is.TypeOf<ImageApiOutcome.Unknown>());

    [Test]
    public void The_APIs_own_words_are_kept_on_one_line_of_bounded_length()
    {
        var outcome = (ImageApiOutcome.Unavailable)Read(503, $$"""{"message":"first\nsecond {{new string('x', 10_000)}}"}""");

        Assert.That(outcome.Detail, Does.StartWith("503: first second x").And.Length.LessThan(400));
    }

    [Test]
    public void Retry_After_goes_along()
    {
        var outcome = ReadAnswer.From(HttpStatusCode.TooManyRequests, default, 1, TimeSpan.FromSeconds(7), BaseUrl);

        Assert.That(((ImageApiOutcome.Throttled)outcome).RetryAfter, Is.EqualTo(TimeSpan.FromSeconds(7)));
    }

    private static ImageApiOutcome Read(int status, string body, int asked = 1) =>
        ReadAnswer.From((HttpStatusCode)status, Encoding.UTF8.GetBytes(body), asked, null, BaseUrl);

    private static IReadOnlyList<Uri> Urls(ImageApiOutcome outcome) => ((ImageApiOutcome.Made)outcome).Urls;
}
