using FeatureStore.Dapr;
using FeatureStore.FeatureApi.Resident;
using Xunit;

namespace FeatureStore.FeatureApi.Tests;

/// <summary>A replica knows whether changes reach it, and when it has missed some.</summary>
public sealed class ChangeCurrencyTests
{
    private readonly ManualTime _time = new();
    private readonly ChangeCurrency _currency;

    public ChangeCurrencyTests() => _currency = new ChangeCurrency(new ResidentOptions(), _time);

    [Fact]
    public void It_is_current_from_the_first_probe_that_comes_back_until_none_has_for_too_long()
    {
        Assert.False(_currency.IsCurrent);
        var number = _currency.NextProbe();
        Probe(_currency.Replica + "other", number);
        Assert.False(_currency.IsCurrent);
        _time.Move(1);
        Probe(_currency.Replica, number);
        Assert.True(_currency.IsCurrent);

        // It counts from when the probe was sent: what was written since may be under way still.
        _time.Move(3.9);
        Assert.True(_currency.IsCurrent);
        Assert.Null(_currency.Look());
        _time.Move(0.2);
        Assert.False(_currency.IsCurrent);
        var before = _currency.Generation;
        Assert.NotNull(_currency.Look());
        Assert.Equal(before + 1, _currency.Generation);
        Assert.Null(_currency.Look());

        Probe(_currency.Replica, _currency.NextProbe());
        Assert.True(_currency.IsCurrent);
        Assert.Equal(before + 1, _currency.Generation);
    }

    [Fact]
    public void A_probe_of_long_ago_proves_nothing()
    {
        var old = _currency.NextProbe();
        _time.Move(60);
        Probe(_currency.Replica, old);
        Assert.False(_currency.IsCurrent);
        Probe(_currency.Replica, old + 1);
        Assert.False(_currency.IsCurrent);
    }

    [Theory]
    [InlineData(new long[] { 5, 6, 7 }, false)]
    [InlineData(new long[] { 7, 5, 6 }, false)]
    [InlineData(new long[] { 5, 7, 6, 6, 5 }, false)]
    [InlineData(new long[] { 5, 7 }, true)]
    [InlineData(new long[] { 5, 8, 6 }, true)]
    public void A_number_that_stays_missing_begins_a_generation_and_one_that_comes_late_does_not(long[] numbers, bool isLost)
    {
        foreach (var number in numbers)
        {
            Event("w", number);
            _time.Move(0.1);
        }

        var before = _currency.Generation;
        _time.Move(2);
        Assert.Null(_currency.Look());
        _time.Move(2);
        Assert.Equal(isLost, _currency.Look() is not null);
        Assert.Equal(before + (isLost ? 1 : 0), _currency.Generation);

        // What was lost once is not lost again.
        Event("w", numbers.Max() + 1);
        _time.Move(10);
        Assert.Null(_currency.Look());
    }

    [Fact]
    public void The_loss_of_a_writers_last_event_is_told_by_what_it_says_afterwards()
    {
        Event("w", 1);
        Heard(ChangeEvent.Mark("w", 2, ends: false));
        _time.Move(4);
        Assert.NotNull(_currency.Look());

        Event("v", 1);
        Heard(ChangeEvent.Mark("v", 2, ends: true));
        _time.Move(4);
        Assert.NotNull(_currency.Look());
    }

    [Fact]
    public void The_first_events_of_a_writer_that_is_new_to_a_current_replica_are_missed_too()
    {
        Probe(_currency.Replica, _currency.NextProbe());
        Heard(ChangeEvent.Mark("new", 1, ends: false));
        _time.Move(3.1);
        Assert.NotNull(_currency.Look());

        Event("newer", 2);
        Event("newer", 1);
        _time.Move(1);
        Probe(_currency.Replica, _currency.NextProbe());
        _time.Move(3);
        Assert.Null(_currency.Look());
    }

    [Fact]
    public void A_writer_that_is_always_a_little_ahead_of_what_has_come_misses_nothing()
    {
        Event("w", 1);
        for (var number = 2; number < 100; number++)
        {
            // It says so before its event has come.
            Heard(ChangeEvent.Mark("w", number, ends: false));
            Event("w", number - 1);
            Probe(_currency.Replica, _currency.NextProbe());
            _time.Move(1);
            Assert.Null(_currency.Look());
        }
    }

    [Fact]
    public void Progress_does_not_make_another_hole_younger()
    {
        Event("w", 1);
        Event("w", 3);
        Event("w", 5);
        _time.Move(2.9);
        Event("w", 2);
        _time.Move(0.2);
        Assert.NotNull(_currency.Look());
    }

    [Fact]
    public void A_hole_that_is_filled_while_another_opens_is_not_held_against_it()
    {
        Event("w", 1);
        Event("w", 3);
        _time.Move(2);
        Event("w", 2);
        Event("w", 5);
        _time.Move(2);
        Assert.Null(_currency.Look());
        Event("w", 4);
        _time.Move(5);
        Assert.Null(_currency.Look());
    }

    [Fact]
    public void A_writer_that_has_gone_is_forgotten()
    {
        for (var i = 0; i < 10_000; i++)
        {
            Event($"w{i}", 1);
            Heard(ChangeEvent.Mark($"w{i}", 1, ends: true));
        }

        _currency.Look();
        Assert.Equal(0, _currency.Writers);
        Event("silent", 1);
        _time.Move(600);
        _currency.Look();
        Assert.Equal(0, _currency.Writers);
    }

    private void Probe(string replica, long number) => Heard(ChangeEvent.OfProbe(replica, number));

    private void Event(string writer, long sequence) => Heard(ChangeEvent.OfRows(writer, sequence, [new ChangedRow("v/a", "{}"u8.ToArray())]));

    private void Heard(byte[] payload) => _currency.Heard(ChangeEvent.Read(payload));
}
