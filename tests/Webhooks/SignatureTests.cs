using System.Text;
using Pipeline.Webhooks;

namespace Pipeline.Tests.Webhooks;

/// <summary>Signatures against the vector of the specification's own libraries, and against a verifier in another language.</summary>
public sealed class SignatureTests
{
    private const string Id = "msg_p5jXN8AQM9LWM0D4loKWxJek";
    private const string Body = """{"test": 2432232314}""";

    private static readonly DateTimeOffset Now = DateTimeOffset.FromUnixTimeSeconds(1614265330);

    /// <remarks>
    /// Secret, id, time, body and signature of
    /// https://github.com/standard-webhooks/standard-webhooks/blob/main/libraries/javascript/src/webhook.test.ts.
    /// </remarks>
    [Test]
    public void The_specifications_vector_is_signed_as_it_says() => Assert.That(
        new WebhookSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").Sign(Id, Now, Encoding.UTF8.GetBytes(Body)),
        Is.EqualTo("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));

    [Test]
    public void A_secret_has_32_random_bytes_and_the_prefix_and_is_not_printed()
    {
        var secret = WebhookSecret.New();

        Assert.That(secret.Value, Does.StartWith("whsec_"));
        Assert.That(Convert.FromBase64String(secret.Value["whsec_".Length..]), Has.Length.EqualTo(32));
        Assert.That(WebhookSecret.New(), Is.Not.EqualTo(secret));
        Assert.That($"{secret}", Is.EqualTo("whsec_…"));
    }

    [Test]
    public async Task Another_languages_verifier_takes_what_is_signed_and_nothing_that_was_changed()
    {
        var secret = WebhookSecret.New();
        const string Text = """{"type":"job.succeeded","data":{"name":"Füchse, 狐 and 🦊"}}""";
        var signed = Delivery(WebhookSecrets.Of(secret), Text, Now);

        var said = await OtherVerifier.Verify(
            [
                signed,
                signed with { Body = Text.Replace("job", "jab", StringComparison.Ordinal) },
                signed with { Headers = With(signed, "webhook-id", Id + "x") },
                signed with { Headers = With(signed, "webhook-timestamp", $"{Now.ToUnixTimeSeconds() + 1}") },
                signed with { Headers = With(signed, "webhook-signature", "v1,AAAA") },
            ],
            secret.Value);
        var late = await OtherVerifier.Verify([signed], secret.Value, Now.AddMinutes(6));
        var other = await OtherVerifier.Verify([signed], WebhookSecret.New().Value);

        Assert.That(said[0], Is.EqualTo("ok"));
        Assert.That(said.Skip(1), Is.All.EqualTo("no signature fits"));
        Assert.That(late, Is.EqualTo(new[] { "the time is too far off" }));
        Assert.That(other, Is.EqualTo(new[] { "no signature fits" }));
    }

    [Test]
    public async Task For_a_day_after_a_rotation_receivers_with_either_secret_are_content_and_then_those_with_the_new_one()
    {
        var (first, second) = (WebhookSecret.New(), WebhookSecret.New());
        var rotated = WebhookSecrets.Of(first).Rotate(second, Now);
        var soon = Delivery(rotated, Body, Now.AddHours(24).AddSeconds(-1));
        var later = Delivery(rotated, Body, Now.AddHours(24));

        Assert.That(await OtherVerifier.Verify([soon, later], first.Value), Is.EqualTo(new[] { "ok", "no signature fits" }));
        Assert.That(await OtherVerifier.Verify([soon, later], second.Value), Is.EqualTo(new[] { "ok", "ok" }));
        Assert.That(soon.Headers["webhook-signature"].Split(' '), Has.Length.EqualTo(2));
        Assert.That(later.Headers["webhook-signature"].Split(' '), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_second_rotation_ends_the_first_secret_at_once()
    {
        var (first, second, third) = (WebhookSecret.New(), WebhookSecret.New(), WebhookSecret.New());
        var rotated = WebhookSecrets.Of(first).Rotate(second, Now).Rotate(third, Now.AddMinutes(1));

        var signatures = rotated.Sign(Id, Now.AddMinutes(2), "x"u8).Split(' ');

        Assert.That(
            signatures, Is.EqualTo(new[] { third, second }.Select(secret => secret.Sign(Id, Now.AddMinutes(2), "x"u8.ToArray()))));
    }

    private static ReceivedDelivery Delivery(WebhookSecrets secrets, string body, DateTimeOffset at) => new(
        "", new Dictionary<string, string>
        {
            ["webhook-id"] = Id,
            ["webhook-timestamp"] = $"{at.ToUnixTimeSeconds()}",
            ["webhook-signature"] = secrets.Sign(Id, at, Encoding.UTF8.GetBytes(body)),
        },
        body);

    private static Dictionary<string, string> With(ReceivedDelivery delivery, string header, string value) =>
        new(delivery.Headers) { [header] = value };
}
