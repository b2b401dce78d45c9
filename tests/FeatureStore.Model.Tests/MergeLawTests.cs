using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.Model.Tests;

/// <summary>Rows may be applied in any order, any number of times, by any number of writers.</summary>
public sealed class MergeLawTests
{
    // All arrive within this time, which is less than the least lateness.
    private const int WindowSeconds = 50;

    private static readonly Lateness Lateness = new();
    private static readonly string[] Names = ["a", "b", "c"];
    private static readonly string[] Values = ["1", "1.0", "\"x\"", "null", "{\"n\":[1,2]}"];

    [Fact]
    public void Any_order_repetition_and_split_over_writers_gives_what_the_naive_model_gives()
    {
        var cases = from rows in RowGen.NonEmptyListOf()
                    from seed in Gen.Choose(0, int.MaxValue - 1)
                    select (Rows: rows.ToList(), Seed: seed);
        Check.One(
            Config.QuickThrowOnFailure.WithMaxTest(3000).WithEndSize(14),
            Prop.ForAll(cases.ToArbitrary(), c => Holds(c.Rows, new Random(c.Seed))));
    }

    [Fact]
    public void Joining_states_is_commutative_associative_and_idempotent()
    {
        var states = from rows in RowGen.ListOf() select Together(rows);
        var triples = from a in states from b in states from c in states select (a, b, c);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(2000).WithEndSize(8), Prop.ForAll(triples.ToArbitrary(), t =>
        {
            Same(StoredRow.Join(t.a, t.b), StoredRow.Join(t.b, t.a));
            Same(StoredRow.Join(StoredRow.Join(t.a, t.b), t.c), StoredRow.Join(t.a, StoredRow.Join(t.b, t.c)));
            Same(StoredRow.Join(t.a, t.a), t.a);
        }));
    }

    private static void Holds(List<AcceptedRow> rows, Random random)
    {
        var end = Rows.At(WindowSeconds);
        var expected = AcceptedRow.Live(rows, end).OrderBy(live => live.Name, StringComparer.Ordinal).ToList();

        StoredRow? first = null;
        for (var run = 0; run < 4; run++)
        {
            // Every row at least once, some again, in any order; each by one of three writers, who start from nothing,
            // write what they know to the store and read it back before every row.
            var arrivals = rows.Concat(rows.Where(_ => random.Next(3) == 0)).ToArray();
            random.Shuffle(arrivals);
            var writers = new[] { StoredRow.Empty, StoredRow.Empty, StoredRow.Empty };
            for (var i = 0; i < arrivals.Length; i++)
            {
                var writer = random.Next(writers.Length);
                var seconds = (double)WindowSeconds * i / arrivals.Length;
                writers[writer] = Stored(Apply(writers[writer], arrivals[i], seconds), seconds);
            }

            random.Shuffle(writers);
            var all = StoredRow.Join(StoredRow.Join(writers[0].At(end, Lateness), writers[1].At(end, Lateness)), writers[2].At(end, Lateness));
            var live = all.Entries.ToArray()
                .Where(entry => entry.Kind == EntryKind.Value)
                .Select(entry => (Rows.Text(entry.Name), Rows.Text(entry.Value), entry.Stamp, entry.Expiry));
            Assert.Equal(expected, live);

            first ??= all;
            Same(first, all);
        }
    }

    private static StoredRow Apply(StoredRow state, AcceptedRow row, double seconds)
    {
        var ttl = row.Expiry == Timestamp.Never ? (double?)null : (row.Expiry.Microseconds - row.Stamp.Event.Microseconds) / 1e6;
        var incoming = Rows.Row(row.Operation, row.Features.Select(feature => (feature.Key, feature.Value)), ttl);
        return state.Apply(incoming, row.Stamp, seconds, Lateness);
    }

    private static StoredRow Stored(StoredRow state, double seconds) =>
        StoredRowReader.Decode(StoredRowCodec.Encode(state, Rows.At(seconds), Timestamp.Never));

    private static StoredRow Together(IEnumerable<AcceptedRow> rows) =>
        rows.Aggregate(StoredRow.Empty, (state, row) => Apply(state, row, 0));

    /// <summary>Equal but for how long things are kept, which is no part of the state that the law speaks of.</summary>
    private static void Same(StoredRow a, StoredRow b)
    {
        Assert.Equal((a.Floor?.Stamp, a.Floor?.IsDelete), (b.Floor?.Stamp, b.Floor?.IsDelete));
        Assert.Equal(Comparable(a), Comparable(b));
    }

    private static string[] Comparable(StoredRow row) =>
        [.. row.Entries.ToArray().Select(e => $"{Rows.Text(e.Name)} {e.Stamp.Event} {e.Stamp.Created} {e.Kind} {e.Expiry} {Rows.Text(e.Value)}")];

    // Few stamps, names, values and ttls, so that rows meet in every way; some values expire while rows still arrive.
    private static Gen<AcceptedRow> RowGen =>
        from operation in Gen.Frequency(
            (5, Gen.Constant(RowOperation.Merge)), (2, Gen.Constant(RowOperation.Replace)), (2, Gen.Constant(RowOperation.Delete)))
        from eventSeconds in Gen.Choose(-3, 3)
        from createdSeconds in Gen.Choose(0, 1)
        from ttl in Gen.Elements<int?>(null, null, 2, 20, 40, 3600)
        from names in Gen.SubListOf(Names)
        from values in Gen.Elements(Values).ArrayOf(Names.Length)
        where operation != RowOperation.Merge || names.Count > 0
        let stamp = Rows.Stamp(eventSeconds, createdSeconds)
        let isDelete = operation == RowOperation.Delete
        select new AcceptedRow(
            operation,
            stamp,
            isDelete || ttl is null ? Timestamp.Never : stamp.Event.Plus(ttl.Value * 1_000_000L),
            names.Select((name, i) => (name, value: isDelete ? "" : values[i])).ToDictionary(pair => pair.name, pair => pair.value));
}
