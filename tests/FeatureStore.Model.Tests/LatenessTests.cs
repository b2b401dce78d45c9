using Xunit;

namespace FeatureStore.Model.Tests;

/// <summary>What must lose still meets what beats it, for as long as the lateness says, and no longer.</summary>
public sealed class LatenessTests
{
    private static readonly Lateness Short = new()
    {
        StampMinimum = TimeSpan.FromSeconds(10),
        StampMaximum = TimeSpan.FromSeconds(100),
        Floor = TimeSpan.FromSeconds(1000),
    };

    [Fact]
    public void An_expired_value_keeps_an_older_one_out_for_its_lateness()
    {
        var state = StoredRow.Empty.Apply(Rows.Merge("a", "2", ttlSeconds: 20), Rows.Stamp(5), 5, Short);

        // Expired at 25, its stamp is kept for its ttl of 20 s more.
        Assert.Equal("{}", state.Apply(Rows.Merge("a", "1"), Rows.Stamp(4), 44, Short).Live(44));
        Assert.Equal("""{"a":1}""", state.Apply(Rows.Merge("a", "1"), Rows.Stamp(4), 46, Short).Live(46));
    }

    [Fact]
    public void The_lateness_of_an_expired_value_has_a_least_and_a_most()
    {
        var brief = StoredRow.Empty.Apply(Rows.Merge("a", "2", ttlSeconds: 1), Rows.Stamp(5), 5, Short);
        Assert.Equal(Rows.At(6 + 10), brief.End(Short));

        var lasting = StoredRow.Empty.Apply(Rows.Merge("a", "2", ttlSeconds: 5000), Rows.Stamp(5), 5, Short);
        Assert.Equal(Rows.At(5005 + 100), lasting.End(Short));
    }

    [Fact]
    public void A_row_born_expired_is_its_stamp_alone_and_still_beats_what_is_older()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Merge("a", "2", ttlSeconds: 1), Rows.Stamp(-50), 0, Short)
            .Apply(Rows.Merge("a", "1"), Rows.Stamp(-60), 1, Short);
        Assert.Equal("{}", state.Live(1));
        var entry = Assert.Single(state.Entries.ToArray());
        Assert.Equal(EntryKind.Expired, entry.Kind);
        Assert.True(entry.Value.IsEmpty);
    }

    [Fact]
    public void Applying_an_expired_row_again_keeps_its_stamp_longer()
    {
        var row = Rows.Merge("a", "2", ttlSeconds: 1);
        var state = StoredRow.Empty.Apply(row, Rows.Stamp(0), 0, Short).Apply(row, Rows.Stamp(0), 9, Short);
        Assert.Equal("{}", state.Apply(Rows.Merge("a", "1"), Rows.Stamp(-1), 18, Short).Live(18));
    }

    [Theory]
    [InlineData(RowOperation.Delete)]
    [InlineData(RowOperation.Replace)]
    public void A_floor_keeps_older_rows_out_for_its_lateness(RowOperation operation)
    {
        var state = StoredRow.Empty
            .Apply(Rows.Merge("a", "1"), Rows.Stamp(0), 0, Short)
            .Apply(Rows.Row(operation, []), Rows.Stamp(1), 1, Short);
        Assert.Equal("{}", state.Live(1));
        Assert.Equal("{}", state.Apply(Rows.Merge("b", "1"), Rows.Stamp(0.5), 1000, Short).Live(1000));
        Assert.Equal("""{"b":1}""", state.Apply(Rows.Merge("b", "1"), Rows.Stamp(0.5), 1002, Short).Live(1002));
    }

    [Fact]
    public void A_deleted_feature_stays_deleted_even_after_a_newer_value_came_and_expired()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Row(RowOperation.Delete, [("a", "")]), Rows.Stamp(5), 5, Short)
            .Apply(Rows.Merge("a", "2", ttlSeconds: 1), Rows.Stamp(6), 6, Short);
        Assert.Equal("{}", state.Apply(Rows.Merge("a", "1"), Rows.Stamp(4), 500, Short).Live(500));
    }

    [Fact]
    public void A_value_without_ttl_never_ends()
    {
        Assert.Equal(Timestamp.Never, StoredRow.Empty.Apply(Rows.Merge("a", "1"), Rows.Stamp(0), 0, Short).End(Short));
    }

    [Fact]
    public void A_write_without_ttl_makes_only_the_features_that_it_names_permanent()
    {
        var state = StoredRow.Empty
            .Apply(Rows.Row(RowOperation.Merge, [("a", "1"), ("b", "1")], ttlSeconds: 10), Rows.Stamp(0), 0, Short)
            .Apply(Rows.Merge("a", "2"), Rows.Stamp(1), 1, Short);
        Assert.Equal("""{"a":2,"b":1}""", state.Live(9.999));
        Assert.Equal("""{"a":2}""", state.Live(10));
    }
}
