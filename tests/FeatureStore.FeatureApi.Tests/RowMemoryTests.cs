using System.Text;
using FeatureStore.FeatureApi.Resident;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.FeatureApi.Tests;

/// <summary>Rows in memory are what was last put there, or are not there; and take no more than they may.</summary>
public sealed class RowMemoryTests
{
    private const long Budget = RowMemory.LeastBytes;

    [Fact]
    public void What_is_found_is_what_was_put_last_and_the_budget_is_kept()
    {
        var steps = from key in Gen.Choose(0, 400)
                    from size in Gen.Frequency((6, Gen.Choose(0, 2_000)), (1, Gen.Constant(-1)), (1, Gen.Choose(2_000, 40_000)))
                    from what in Gen.Frequency((6, Gen.Constant(0)), (1, Gen.Constant(1)), (3, Gen.Constant(2)))
                    select (key, size, what);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(60), Prop.ForAll(steps.ListOf(3_000).ToArbitrary(), list =>
        {
            var memory = new RowMemory(Budget);
            var model = new Dictionary<int, byte[]>();
            var generation = 0;
            foreach (var (key, size, what) in list)
            {
                generation++;
                switch (what)
                {
                    case 0:
                        var document = size < 0 ? [] : Document(generation, size);
                        if (Put(memory, key, document, generation))
                        {
                            model[key] = document;
                        }
                        else
                        {
                            Assert.True(document.Length > 10_000);
                            model.Remove(key);
                        }

                        break;
                    case 1:
                        Remove(memory, key);
                        model.Remove(key);
                        break;
                    default:
                        if (Find(memory, key) is { } found)
                        {
                            Assert.Equal(model[key], found);
                        }

                        break;
                }

                Assert.True(memory.Bytes <= Budget, $"{memory.Bytes} bytes");
            }

            Assert.Equal(model.Keys.Count(key => Find(memory, key) is not null), memory.Count);
            Assert.All(model, row => Assert.True(Find(memory, row.Key) is not { } found || found.SequenceEqual(row.Value)));
        }));
    }

    [Fact]
    public void Many_small_rows_after_large_ones_keep_to_the_budget()
    {
        var memory = new RowMemory(Budget);
        for (var key = 0; key < 60_000; key++)
        {
            Put(memory, key, key < 2_000 ? Document(1, 1_000) : [], 1);
            Assert.True(memory.Bytes <= Budget, $"{memory.Bytes} bytes after {key} rows");
        }

        Assert.True(memory.Evictions > 0);
        Assert.True(memory.Count > 5_000, $"{memory.Count} rows");
    }

    [Fact]
    public void What_fits_stays_however_often_it_is_replaced()
    {
        var memory = new RowMemory(Budget);
        for (var round = 1; round <= 200; round++)
        {
            for (var key = 0; key < 500; key++)
            {
                // Of another length each time, so that none is written over itself.
                Assert.True(Put(memory, key, Document(round, 800 + (round % 7 * 32)), round));
            }
        }

        Assert.Equal(500, memory.Count);
        Assert.Equal(0, memory.Evictions);
        Assert.All(Enumerable.Range(0, 500), key => Assert.NotNull(Find(memory, key)));
    }

    [Fact]
    public void What_is_read_outlives_what_is_not()
    {
        var memory = new RowMemory(Budget);
        for (var key = 0; key < 200; key++)
        {
            Put(memory, key, Document(1, 800), 1);
        }

        for (var key = 1_000; key < 20_000; key++)
        {
            Put(memory, key, Document(1, 800), 1);
            for (var hot = 0; key % 100 == 0 && hot < 200; hot++)
            {
                Find(memory, hot);
            }
        }

        Assert.True(memory.Evictions > 10_000);
        Assert.All(Enumerable.Range(0, 200), key => Assert.NotNull(Find(memory, key)));
    }

    [Fact]
    public void A_row_takes_little_more_than_its_bytes()
    {
        var memory = new RowMemory(64 * 1024 * 1024);
        const int Rows = 50_000;
        for (var key = 0; key < Rows; key++)
        {
            Put(memory, key, Document(1, 500), 1);
        }

        var encoded = Enumerable.Range(0, Rows).Sum(key => (long)Document(1, 500).Length + Key(key).Length);
        Assert.Equal(Rows, memory.Count);
        Assert.True((memory.Bytes - encoded) / Rows < 150, $"{(memory.Bytes - encoded) / Rows} bytes a row beyond its own");
    }

    [Fact]
    public void What_the_process_holds_is_the_budget_whatever_streams_through()
    {
        const long Most = 64 * 1024 * 1024;
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var memory = new RowMemory(Most);
        var document = Document(1, 300);
        for (var key = 0; key < 1_000_000; key++)
        {
            // Some are of entities that are there already, and of another length.
            Put(memory, key % 3 == 0 ? key / 10 : key, key % 5 == 0 ? Document(2, 280) : document, 1);
        }

        var held = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.InRange(held, (long)(0.9 * Most), (long)(1.1 * Most));
        Assert.InRange(memory.Bytes, (long)(0.9 * Most), Most);
        GC.KeepAlive(memory);
    }

    private static byte[] Document(int mark, int size) => Encoding.UTF8.GetBytes(
        $$$"""{"v":1,"event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","features":{"f":"{{{mark}}}{{{new string('x', size)}}}"}}""");

    private static byte[] Key(int key) => Encoding.UTF8.GetBytes($"view/entity-{key}");

    private static bool Put(RowMemory memory, int key, byte[] document, int generation)
    {
        var shard = memory.Shard(Key(key), out var hash);
        lock (shard.Gate)
        {
            return shard.Put(hash, Key(key), document, generation);
        }
    }

    private static void Remove(RowMemory memory, int key)
    {
        var shard = memory.Shard(Key(key), out var hash);
        lock (shard.Gate)
        {
            shard.Remove(hash, Key(key));
        }
    }

    private static byte[]? Find(RowMemory memory, int key)
    {
        var shard = memory.Shard(Key(key), out var hash);
        lock (shard.Gate)
        {
            if (!shard.TryFind(hash, Key(key), out var row))
            {
                return null;
            }

            row.WasRead = true;
            return row.Document.ToArray();
        }
    }
}
