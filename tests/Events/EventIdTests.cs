using Pipeline.Events;

namespace Pipeline.Tests.Events;

/// <summary>The ids of events and deliveries, and which events an endpoint wants.</summary>
public sealed class EventIdTests
{
    [TestCase(1)]
    [TestCase(1_000_000)]
    [TestCase((1L << 40) - 1)]
    public void An_id_has_its_number_in_it_and_is_never_the_same_twice(long number)
    {
        var id = EventId.New(number);

        Assert.That(EventId.TryParse(id.Value, out var read));
        Assert.That((read, read.Number), Is.EqualTo((id, number)));
        Assert.That(EventId.New(number), Is.Not.EqualTo(id));
        Assert.That(id.Value, Does.Match("^evt_[0-9a-z]{26}$"), "no full stop: it is part of what is signed");
    }

    [TestCase(DeliveryTarget.Endpoint)]
    [TestCase(DeliveryTarget.Own)]
    public void A_deliverys_id_tells_its_event_and_who_is_told(DeliveryTarget target)
    {
        var id = DeliveryId.Of(EventId.New(7), target);

        Assert.That(DeliveryId.TryParse(id.Value, out var read));
        Assert.That(read, Is.EqualTo(id));
        Assert.That((read.Event.Number, read.Target), Is.EqualTo((7, target)));
        Assert.That(id.RowKey(pending: true), Is.EqualTo($"out~000000000007{(int)target}"));
        Assert.That(id.RowKey(pending: false), Is.EqualTo($"delivery~000000000007{(int)target}"));
    }

    [TestCase(null)]
    [TestCase("")]
    [TestCase("evt_")]
    [TestCase("dlv_")]
    [TestCase("evt_0000000000000000000000000")]
    [TestCase("evt_000000000000000000000000U0")]
    [TestCase("dlv_000000000000000000000000002")]
    [TestCase("job_00000000000000000000000000")]
    public void What_is_no_id_is_none(string? text) =>
        Assert.That((EventId.TryParse(text, out _), DeliveryId.TryParse(text, out _)), Is.EqualTo((false, false)));

    [TestCase(null, "job.failed", false)]
    [TestCase("", "job.failed", false)]
    [TestCase("*", "job.failed", true)]
    [TestCase("*", "of.later", true)]
    [TestCase("job.failed credits.low", "credits.low", true)]
    [TestCase("job.failed credits.low", "credits", false)]
    public void A_filter_wants_what_it_names(string? text, string type, bool wants)
    {
        var filter = EventFilter.Parse(text);

        Assert.That(filter.Wants(type), Is.EqualTo(wants));
        Assert.That(EventFilter.Parse(filter.ToString()).Wants(type), Is.EqualTo(wants));
    }
}
