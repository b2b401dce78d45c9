using FeatureStore.Faults.Checking;
using FeatureStore.Faults.Rows;
using Xunit;

namespace FeatureStore.Faults;

/// <summary>What history owes and may hold, on a few rows.</summary>
public sealed class HistoryLedgerTests
{
    private readonly HistoryLedger _ledger = new();
    private readonly HashSet<HistoryRow> _found = [];

    [Fact]
    public void What_was_acknowledged_is_missing_until_it_is_found()
    {
        var row = Row(1, new RowStamp(10, 11));
        _ledger.Send(row);
        Assert.Empty(_ledger.Missing(_found));

        _ledger.Owe(row, 12, "stored");
        Assert.Equal([FindingKind.MissingInHistory], _ledger.Missing(_found).Select(finding => finding.Kind));

        Assert.True(_ledger.Add(row, _found));
        Assert.Empty(_ledger.Missing(_found));
    }

    [Fact]
    public void A_row_with_another_stamp_or_value_or_ttl_is_another_row()
    {
        var row = Row(1, new RowStamp(10, 11));
        _ledger.Send(row);
        _ledger.Owe(row, 12, "stored");

        Assert.False(_ledger.Add(row with { Stamp = new RowStamp(10, 12) }, _found));
        Assert.False(_ledger.Add(row with { TtlMicroseconds = 1 }, _found));
        Assert.False(_ledger.Add(row with { Operation = "replace" }, _found));
        Assert.False(_ledger.Add(Row(2, row.Stamp), _found));
        Assert.Equal(1, _ledger.CountMissing(_found));
    }

    [Fact]
    public void A_row_sent_without_a_stamp_may_have_any_and_has_to_have_the_one_that_the_reply_told()
    {
        var row = Row(1, default);
        _ledger.Send(row);
        _ledger.Owe(row, 12, "published");
        Assert.True(_ledger.Add(row with { Stamp = new RowStamp(20, 20) }, _found));
        Assert.Empty(_ledger.Missing(_found));

        _ledger.Owe(row with { Stamp = new RowStamp(30, 30) }, 31, "stored");
        Assert.Equal(1, _ledger.CountMissing(_found));
    }

    private static HistoryRow Row(long id, RowStamp stamp) => HistoryRow.Of(new WrittenRow(id, "x", RowKind.Merge, ["n0", "s0"], stamp, null));
}
