using System.Globalization;
using System.Text;
using BenchmarkDotNet.Attributes;
using BitFaster.Caching;
using BitFaster.Caching.Lfu;
using FeatureStore.FeatureApi.Resident;
using FeatureStore.Model;
using Microsoft.Extensions.Caching.Memory;

namespace FeatureStore.MicroBenchmarks;

/// <summary>
/// Rows of a kilobyte in memory: in <c>RowMemory</c>, and in two well-kept caches that could hold them. What reading a random one costs,
/// what replacing one costs, what a row takes, and how many of skewed reads find theirs where there is room for a fifth.
/// </summary>
[MemoryDiagnoser]
public class HeldRowBenchmark
{
    private const int Rows = 100_000;
    private const int DocumentBytes = 1100;
    private const int Draws = 1 << 20;

    private readonly byte[] _reply = new byte[DocumentBytes];
    private readonly byte[][] _keys = new byte[Rows][];
    private readonly string[] _names = new string[Rows];
    private readonly int[] _uniform = new int[Draws];
    private byte[] _document = null!;
    private RowMemory _rows = null!;
    private ConcurrentLfu<string, byte[]> _lfu = null!;
    private MemoryCache _memory = null!;
    private int _at;

    [GlobalSetup]
    public void Fill()
    {
        var random = new Random(1);
        _document = Document();
        for (var i = 0; i < Rows; i++)
        {
            _names[i] = string.Create(CultureInfo.InvariantCulture, $"default/{i:D12}");
            _keys[i] = Encoding.UTF8.GetBytes(_names[i]);
        }

        for (var i = 0; i < Draws; i++)
        {
            _uniform[i] = random.Next(Rows);
        }

        // What a row takes in each: keys and documents of its own, as they would come from the store.
        Report("RowMemory", () => _rows = new RowMemory(1L << 30), i => Put(_rows, i));
        Report("ConcurrentLfu", () => _lfu = new ConcurrentLfu<string, byte[]>(Rows + 1000), i => _lfu.AddOrUpdate(new string(_names[i]), _document.ToArray()));
        Report("MemoryCache", () => _memory = new MemoryCache(new MemoryCacheOptions { SizeLimit = 1L << 30 }), i => Set(_memory, new string(_names[i]), _document.ToArray()));

        var zipf = Zipf(new Random(2), 1.1);
        var room = Rows / 5;
        var rows = new RowMemory((long)room * (DocumentBytes + 100));
        var lfu = new ConcurrentLfu<string, byte[]>(room);
        using var memory = new MemoryCache(new MemoryCacheOptions { SizeLimit = (long)room * (DocumentBytes + 100) });
        Hits("RowMemory", zipf, i => Read(rows, i), i => Put(rows, i));
        Hits("ConcurrentLfu", zipf, i => lfu.TryGet(_names[i], out _), i => lfu.AddOrUpdate(_names[i], _document));
        Hits("MemoryCache", zipf, i => memory.TryGetValue(_names[i], out _), i => Set(memory, _names[i], _document));
    }

    [Benchmark(Baseline = true)]
    public bool ReadRowMemory() => Read(_rows, Next());

    [Benchmark]
    public bool ReadConcurrentLfu() => _lfu.TryGet(_names[Next()], out var document) && document.AsSpan().TryCopyTo(_reply);

    [Benchmark]
    public bool ReadMemoryCache() => _memory.TryGetValue(_names[Next()], out byte[]? document) && document.AsSpan().TryCopyTo(_reply);

    [Benchmark]
    public void ReplaceRowMemory() => Put(_rows, Next());

    [Benchmark]
    public void ReplaceConcurrentLfu() => _lfu.AddOrUpdate(_names[Next()], _document.ToArray());

    [Benchmark]
    public void ReplaceMemoryCache() => Set(_memory, _names[Next()], _document.ToArray());

    private static void Set(MemoryCache cache, string key, byte[] document)
    {
        using var entry = cache.CreateEntry(key);
        entry.Size = document.Length + 100;
        entry.Value = document;
    }

    private int Next() => _uniform[_at++ & (Draws - 1)];

    private bool Read(RowMemory rows, int i)
    {
        var shard = rows.Shard(_keys[i], out var hash);
        lock (shard.Gate)
        {
            if (!shard.TryFind(hash, _keys[i], out var row))
            {
                return false;
            }

            row.WasRead = true;
            return row.Document.Span.TryCopyTo(_reply);
        }
    }

    private void Put(RowMemory rows, int i)
    {
        var shard = rows.Shard(_keys[i], out var hash);
        lock (shard.Gate)
        {
            shard.Put(hash, _keys[i], _document, generation: 1);
        }
    }

    private static void Report(string name, Action create, Action<int> put)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        create();
        for (var i = 0; i < Rows; i++)
        {
            put(i);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"// {name}: {(GC.GetTotalMemory(forceFullCollection: true) - before) / (double)Rows - DocumentBytes:F0} bytes a row beyond its document"));
    }

    private static void Hits(string name, int[] draws, Func<int, bool> read, Action<int> put)
    {
        var hits = 0;
        for (var i = 0; i < draws.Length; i++)
        {
            if (read(draws[i]))
            {
                // The first half fills it.
                hits += i >= draws.Length / 2 ? 1 : 0;
            }
            else
            {
                put(draws[i]);
            }
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"// {name}: {100.0 * hits / (draws.Length / 2):F1} % of Zipf 1.1 reads find their row with room for a fifth"));
    }

    /// <summary>Ranks by Zipf's law, scattered over the rows.</summary>
    private static int[] Zipf(Random random, double exponent)
    {
        var upTo = new double[Rows];
        var sum = 0.0;
        for (var i = 0; i < Rows; i++)
        {
            upTo[i] = sum += Math.Pow(i + 1, -exponent);
        }

        var places = Enumerable.Range(0, Rows).ToArray();
        random.Shuffle(places);
        return [.. Enumerable.Range(0, Draws).Select(_ => Array.BinarySearch(upTo, random.NextDouble() * sum)).Select(found => places[Math.Min(Rows - 1, found < 0 ? ~found : found)])];
    }

    /// <summary>A stored row of about a kilobyte.</summary>
    private static byte[] Document()
    {
        var start = """{"v":1,"event_timestamp":"2026-11-23T10:00:00Z","created_timestamp":"2026-11-23T10:00:00Z","features":{"text":" """.TrimEnd();
        return Encoding.UTF8.GetBytes(start + new string('x', DocumentBytes - start.Length - 3) + "\"}}");
    }
}
