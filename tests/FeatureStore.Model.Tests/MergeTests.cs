using Xunit;

namespace FeatureStore.Model.Tests;

/// <summary>Single cases of the merge that a person can follow.</summary>
public sealed class MergeTests
{
    [Fact]
    public void A_merge_keeps_other_features_and_an_older_row_changes_nothing()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Merge("a", "1"), Rows.Stamp(1), 1)
            .Apply(Rows.Merge("b", "2"), Rows.Stamp(2), 2)
            .Apply(Rows.Merge("a", "0"), Rows.Stamp(0.5), 3);
        Assert.Equal("""{"a":1,"b":2}""", state.Live(3));
    }

    [Fact]
    public void The_created_timestamp_decides_between_equal_event_timestamps()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Merge("a", "\"late\""), Rows.Stamp(1, created: 9), 1)
            .Apply(Rows.Merge("a", "\"early\""), Rows.Stamp(1, created: 3), 2);
        Assert.Equal("""{"a":"late"}""", state.Live(3));
    }

    [Fact]
    public void A_replace_removes_older_features_and_keeps_newer_ones()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Row(RowOperation.Merge, [("old", "1"), ("kept", "1")]), Rows.Stamp(1), 1)
            .Apply(Rows.Merge("newer", "1"), Rows.Stamp(5), 2)
            .Apply(Rows.Row(RowOperation.Replace, [("kept", "2")]), Rows.Stamp(3), 3);
        Assert.Equal("""{"kept":2,"newer":1}""", state.Live(3));
    }

    [Fact]
    public void Null_is_a_value_not_a_removal()
    {
        var state = StoredRow.Empty.Apply(Rows.Merge("a", "1"), Rows.Stamp(1), 1).Apply(Rows.Merge("a", "null"), Rows.Stamp(2), 2);
        Assert.Equal("""{"a":null}""", state.Live(3));
    }

    [Fact]
    public void An_unstamped_write_wins_over_what_it_saw_even_if_that_is_ahead_of_the_clock()
    {
        var ahead = StoredRow.Empty.Apply(Rows.Merge("a", "1"), Rows.Stamp(200), 0);
        var stamp = Rows.Merge("a", "2").FixStamp(Rows.At(0), ahead.NewestEventTimestamp);
        Assert.Equal(Rows.At(200).Plus(1), stamp.Event);
        Assert.Equal(Rows.At(0), stamp.Created);
        Assert.Equal("""{"a":2}""", ahead.Apply(Rows.Merge("a", "2"), stamp, 0).Live(0));
    }

    [Fact]
    public void An_unstamped_write_wins_over_a_deletion_ahead_of_the_clock()
    {
        var deleted = StoredRow.Empty.Apply(Rows.Row(RowOperation.Delete, []), Rows.Stamp(200), 0);
        var stamp = Rows.Merge("a", "2").FixStamp(Rows.At(0), deleted.NewestEventTimestamp);
        Assert.Equal("""{"a":2}""", deleted.Apply(Rows.Merge("a", "2"), stamp, 0).Live(0));
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public void Holds_tells_whether_a_row_lost_whole(double eventSeconds, bool expected)
    {
        var lateness = new Lateness();
        var stored = StoredRow.Empty.Apply(Rows.Row(RowOperation.Merge, [("a", "1"), ("b", "1")]), Rows.Stamp(1), 1);
        var alone = StoredRow.Of(Rows.Row(RowOperation.Merge, [("a", "1"), ("b", "1")]), Rows.Stamp(eventSeconds), Rows.At(3), lateness);
        Assert.Equal(expected, StoredRow.Join(stored, alone).Holds(alone));
    }
}
