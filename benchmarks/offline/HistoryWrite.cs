using System.Buffers;
using System.Globalization;
using System.Text;
using FeatureStore.Dapr;
using FeatureStore.History;
using FeatureStore.Model;

namespace FeatureStore.OfflineBenchmarks;

/// <summary>The writing of history as feature-history does it, against the writing of the same Parquet alone.</summary>
internal static class HistoryWrite
{
    private const int EventsOfBatch = 50;
    private const int RowsOfEvent = 100;
    private const string View = "activity";

    private static readonly Timestamp Midnight = Timestamp.From(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero));

    /// <summary>Prints, round by round, of the events, of the rows in one go and of DuckDB alone rows/s, and rows by second of processor time.</summary>
    public static async Task RunAsync(string folder, int batches, int features, int rounds)
    {
        var registry = new Registry([new Entity("user", [new JoinKey("user_id", ScalarType.String)], Description.None)], [Declared(features)], []);
        var events = Enumerable.Range(0, batches).Select(batch => Events(batch, features)).ToList();
        var count = batches * EventsOfBatch * RowsOfEvent;
        using var database = new Database(threads: 1);

        // In vain first, until the code is compiled as far as it will be.
        for (var round = -1; round < rounds; round++)
        {
            var fed = await MeasureAsync(folder, async writer =>
            {
                foreach (var batch in events)
                {
                    var rows = new List<AcceptedRow>();
                    foreach (var one in batch)
                    {
                        rows.AddRange(HistoryEvent.Read(one));
                    }

                    await writer.WriteAsync(rows, registry, CancellationToken.None);
                }
            });
            var all = events.SelectMany(batch => batch).SelectMany(one => HistoryEvent.Read(one)).ToList();
            var whole = await MeasureAsync(folder, writer => writer.WriteAsync(all, registry, CancellationToken.None), path => database.Run(
                $"CREATE OR REPLACE TEMP TABLE written AS SELECT * FROM read_parquet({Database.Text(Path.Combine(path, "view=*", "*", "*.parquet"))}, hive_partitioning = false) ORDER BY _accepted_timestamp, random()"));
            var target = Path.Combine(folder, "alone.parquet");
            var clock = Measured.Start();
            database.Run($"COPY (FROM written ORDER BY _entity_id, _event_timestamp, _created_timestamp, _hash) TO {Database.Text(target)} (FORMAT parquet, COMPRESSION zstd)");
            using (var file = File.Open(target, FileMode.Open, FileAccess.ReadWrite))
            {
                file.Flush(flushToDisk: true);
            }

            var alone = clock.End();
            File.Delete(target);
            if (round >= 0)
            {
                Console.WriteLine(string.Join(' ', new[] { fed, whole, alone }.Select(took => string.Create(
                    CultureInfo.InvariantCulture, $"{count / took.Seconds:F0} {count / took.ProcessorSeconds:F0}"))));
            }
        }
    }

    private static async Task<Measured> MeasureAsync(string folder, Func<HistoryWriter, Task> write, Action<string>? look = null)
    {
        var path = Path.Combine(folder, "written");
        Measured took;
        using (var catalog = HistoryCatalog.Open(path))
        using (var writer = new HistoryWriter(catalog, new ErasureList(catalog, TimeProvider.System)))
        {
            var clock = Measured.Start();
            await write(writer);
            took = clock.End();
            look?.Invoke(path);
        }

        Directory.Delete(path, recursive: true);
        return took;
    }

    private static FeatureView Declared(int features) => new()
    {
        Name = View,
        Entity = "user",
        IsOpen = false,
        Features = [.. Enumerable.Range(0, features).Select(i => new Feature(NameOf(i), new FeatureType(ScalarType.Float64), null, Description.None))],
    };

    private static ReadOnlyMemory<byte> EventOf(AcceptedRow[] rows)
    {
        var output = new ArrayBufferWriter<byte>();
        HistoryEvent.Write(rows, output);
        return output.WrittenMemory;
    }

    private static string NameOf(int feature) => string.Create(CultureInfo.InvariantCulture, $"feature_{feature:D2}");

    /// <summary>The events of a delivery: rows of entities in turn, of one day, numbers with up to four digits of fraction.</summary>
    private static List<ReadOnlyMemory<byte>> Events(int batch, int features)
    {
        var random = new Random(batch);
        var names = Enumerable.Range(0, features).Select(i => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(NameOf(i))).ToArray();
        return [.. Enumerable.Range(0, EventsOfBatch).Select(one => EventOf([.. Enumerable.Range(0, RowsOfEvent).Select(row =>
        {
            var number = (((batch * EventsOfBatch) + one) * RowsOfEvent) + row;
            var at = Midnight.Plus(number * 10_000L);
            return new AcceptedRow
            {
                StateKey = string.Create(CultureInfo.InvariantCulture, $"{View}/user_{number % 50_000:D6}"),
                Operation = RowOperation.Merge,
                Stamp = new Stamp(at, at),
                AcceptedAt = at,
                Features = [.. names.Select(name => new FeatureValue(name, Number(random)))],
            };
        })]))];
    }

    private static byte[] Number(Random random) => Encoding.UTF8.GetBytes((Math.Round(random.NextDouble() * 1000, 4)).ToString("0.0###", CultureInfo.InvariantCulture));
}
