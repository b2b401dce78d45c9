using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Rows;
using Xunit;

namespace FeatureStore.Faults;

/// <summary>The checker's own verdicts, on histories of a few rows. Times are small numbers of microseconds.</summary>
public sealed class ReadCheckTests
{
    private const string Entity = "x";

    private readonly EntityHistory _history = new(Entity, staleness: 0);
    private long _rows;

    [Fact]
    public void What_was_acknowledged_is_served_and_what_is_unclear_may_be()
    {
        var first = Sent(RowKind.Merge, at: 10, ["a", "b"]);
        _history.Acknowledge(first, 11);
        var unclear = Sent(RowKind.Merge, at: 20, ["a"]);

        Assert.Empty(Read(("a", first), ("b", first)));
        Assert.Empty(Read(("a", unclear), ("b", first)));
        // It was seen: now it has to stay.
        Assert.Equal([FindingKind.Lost], Read(("a", first), ("b", first)));
    }

    [Fact]
    public void What_is_missing_without_a_reason_is_lost()
    {
        var row = Sent(RowKind.Merge, at: 10, ["a", "b"]);
        _history.Acknowledge(row, 11);

        Assert.Equal([FindingKind.Lost], Read(("a", row)));
        Assert.Equal([FindingKind.Lost, FindingKind.Lost], Read());
    }

    [Fact]
    public void A_read_may_miss_what_was_acknowledged_after_it_began()
    {
        var row = Sent(RowKind.Merge, at: 10, ["a"]);
        var before = _history.Stored;
        _history.Acknowledge(row, 11);

        Assert.Empty(Check(before));
        Assert.Equal([FindingKind.Lost], Read());
    }

    [Fact]
    public void What_was_published_is_owed_in_the_end_only()
    {
        var row = Sent(RowKind.Merge, at: 10, ["a"]);
        _history.Promise(row, 11);

        Assert.Empty(Read());
        Assert.Equal([FindingKind.Lost], Check(null));
        Assert.Empty(Check(null, ("a", row)));
    }

    [Fact]
    public void Another_rows_value_or_anothers_entity_or_feature_is_invented()
    {
        var row = Sent(RowKind.Merge, at: 10, ["a"]);
        _history.Acknowledge(row, 11);

        Assert.Equal([FindingKind.Invented], Kinds(_history.Check(Now, Served(("a", "\"x/a#99\"")), 100, 101, 0)));
        Assert.Equal([FindingKind.Invented], Kinds(_history.Check(Now, Served(("a", "\"y/a#1\"")), 100, 101, 0)));
        Assert.Equal([FindingKind.Invented], Kinds(_history.Check(Now, Served(("a", row.ValueOf("a")), ("b", row.ValueOf("b"))), 100, 101, 0)));
    }

    [Fact]
    public void A_read_that_begins_at_the_expiry_must_not_serve_the_value()
    {
        var row = Sent(RowKind.Merge, at: 10, ["a"], ttlSeconds: 1);
        _history.Acknowledge(row, 11);

        Assert.Empty(Check(_history.Stored, row.Expiry - 1, row.Expiry + 5, ("a", row)));
        Assert.Empty(Check(_history.Stored, row.Expiry - 1, row.Expiry));
        Assert.Equal([FindingKind.Expired], Check(_history.Stored, row.Expiry, row.Expiry + 5, ("a", row)));
        Assert.Equal([FindingKind.Lost], Check(_history.Stored, row.Expiry - 9, row.Expiry - 1));
    }

    [Fact]
    public void Deletes_and_replaces_are_honoured()
    {
        var old = Sent(RowKind.Merge, at: 10, ["a", "b"]);
        _history.Acknowledge(old, 11);
        var replace = Sent(RowKind.Replace, at: 20, ["b"]);

        // It is not known whether the replace went in: each of both is possible, half of each is not.
        Assert.Equal([FindingKind.Torn], Read(("a", old), ("b", replace)));
        Assert.Empty(Read(("a", old), ("b", old)));
        Assert.Empty(Read(("b", replace)));
        Assert.Equal([FindingKind.Undeleted], Read(("a", old), ("b", replace)));

        var delete = Sent(RowKind.Delete, at: 30, []);
        _history.Acknowledge(delete, 31);
        Assert.Empty(Read());
        Assert.Equal([FindingKind.Undeleted], Read(("b", replace)));
    }

    [Fact]
    public void Half_a_row_is_torn()
    {
        var first = Sent(RowKind.Merge, at: 10, ["a", "b"]);
        _history.Acknowledge(first, 11);
        var second = Sent(RowKind.Merge, at: 20, ["a", "b"]);

        Assert.Equal([FindingKind.Torn], Read(("a", second), ("b", first)));
    }

    [Fact]
    public void Of_one_stamp_a_deletion_beats_a_value_and_the_later_expiry_the_earlier()
    {
        var expiring = Sent(RowKind.Merge, at: 10, ["a"], ttlSeconds: 9);
        var lasting = Sent(RowKind.Merge, at: 10, ["a"]);
        _history.Acknowledge(expiring, 11);
        _history.Acknowledge(lasting, 11);
        Assert.Empty(Read(("a", lasting)));
        Assert.Equal([FindingKind.Lost], Read(("a", expiring)));

        var deletion = Sent(RowKind.Delete, at: 10, ["a"]);
        _history.Acknowledge(deletion, 12);
        Assert.Empty(Read());
        Assert.Equal([FindingKind.Lost], Read(("a", lasting)));
    }

    [Fact]
    public void A_read_from_memory_may_be_as_old_as_is_allowed_and_never_older_than_the_one_before_it()
    {
        var history = new EntityHistory(Entity, staleness: 50);
        WrittenRow Row(long at)
        {
            var row = new WrittenRow(++_rows, Entity, RowKind.Merge, ["a"], new RowStamp(at, at), null);
            history.Attempt(row, at);
            history.Acknowledge(row, at + 1);
            return row;
        }

        FindingKind[] Reads(int replica, long at, WrittenRow row) =>
            Kinds(history.Check(history.Before(replica, at), Served(("a", row.ValueOf("a"))), at, at + 1, replica));

        var (first, second) = (Row(10), Row(20));
        Assert.Empty(Reads(replica: 0, at: 60, first));
        Assert.Equal(39, history.WorstStaleness);
        Assert.Empty(Reads(replica: 0, at: 61, second));
        Assert.Equal([FindingKind.Lost], Reads(replica: 0, at: 62, first));
        Assert.Empty(Reads(replica: 1, at: 63, first));
        Assert.Equal([FindingKind.Lost], Reads(replica: 1, at: 80, first));
    }

    private Expected Now => new(_history.Stored, _history.Stored);

    private WrittenRow Sent(RowKind kind, long at, string[] features, int? ttlSeconds = null)
    {
        var row = new WrittenRow(++_rows, Entity, kind, features, new RowStamp(at, at), ttlSeconds);
        _history.Attempt(row, at);
        return row;
    }

    private FindingKind[] Read(params (string Feature, WrittenRow Row)[] served) => Check(_history.Stored, served);

    private FindingKind[] Check(NaiveState? before, params (string Feature, WrittenRow Row)[] served) => Check(before, 100, 101, served);

    private FindingKind[] Check(NaiveState? before, long started, long ended, params (string Feature, WrittenRow Row)[] served) =>
        Kinds(_history.Check(before is null ? null : new Expected(before, before), Served([.. served.Select(s => (s.Feature, s.Row.ValueOf(s.Feature)))]), started, ended, 0));

    private static Dictionary<string, string> Served(params (string Feature, string Value)[] served) =>
        served.ToDictionary(s => s.Feature, s => s.Value);

    private static FindingKind[] Kinds(IEnumerable<Finding> findings) => [.. findings.Select(finding => finding.Kind)];
}
