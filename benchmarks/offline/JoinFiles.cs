using System.Globalization;
using FeatureStore.History;
using FeatureStore.Model;

namespace FeatureStore.OfflineBenchmarks;

/// <summary>How rows lie in files.</summary>
internal enum HistoryLayout
{
    /// <summary>A file a day, and all rows say all features.</summary>
    Compacted,

    /// <summary>The same, but every tenth day in four files.</summary>
    TenthSmall,

    /// <summary>A file a day, and half of the rows say features 0 to 2, the other half the rest.</summary>
    Partial,
}

/// <summary>History of views <c>v0</c>, <c>v1</c>, … of five features each, as the service leaves it: sorted by entity and time.</summary>
internal sealed class JoinFiles(string folder, HistoryLayout layout, int views, int days)
{
    public const int Features = 5;
    public const string FirstPart = """["f0","f1","f2"]""";
    public const string SecondPart = """["f3","f4"]""";

    private const string All = """["f0","f1","f2","f3","f4"]""";
    private const int SmallFiles = 4;
    private const long Day = 86_400_000_000;

    private static readonly DateOnly First = new(2026, 10, 1);

    public HistoryLayout Layout => layout;

    public int Views => views;

    public static string View(int index) => string.Create(CultureInfo.InvariantCulture, $"v{index}");

    public string Glob(int view) => Path.Combine(folder, "view=" + View(view), "*", "*.parquet");

    /// <summary>Writes rows, as many for each view and day, of all entities in turn and at times that look random.</summary>
    public void Write(long rows, int entities)
    {
        using var database = new Database();
        var daily = rows / views / days;
        for (var view = 0; view < views; view++)
        {
            for (var day = 0; day < days; day++)
            {
                var files = FilesOf(day);
                // Each row of an entity has a part of the day for itself.
                var part = Day / ((daily + entities - 1) / entities);
                database.Run(string.Create(CultureInfo.InvariantCulture, $"""
                    CREATE OR REPLACE TEMP TABLE day AS SELECT
                      printf('user_%06d', (i * 7919 + {day}) % {entities}) AS _entity_id, 'merge' AS _op,
                      make_timestamptz({Start(day)} + (i // {entities}) * {part} + CAST({Draw(view, day, "time")} % {part} AS BIGINT)) AS _event_timestamp,
                      _event_timestamp + INTERVAL 200 MILLISECONDS AS _created_timestamp, _event_timestamp + INTERVAL 700 MILLISECONDS AS _accepted_timestamp,
                      {Day}::BIGINT AS _ttl_us, NULL::VARCHAR AS _event_id,
                      {(layout == HistoryLayout.Partial ? $"CASE WHEN hash(i) % 2 = 0 THEN '{FirstPart}' ELSE '{SecondPart}' END" : $"'{All}'")} AS _present,
                      NULL::VARCHAR AS _text, {Draw(view, day, "row")} AS _hash,
                      {string.Join(", ", Enumerable.Range(0, Features).Select(feature => Value(view, day, feature)))},
                      i % {files} AS file
                    FROM range({daily}) AS rows(i)
                    """));
                for (var file = 0; file < files; file++)
                {
                    var path = PathOf(view, day, file);
                    Directory.CreateDirectory(Path.GetDirectoryName(path)!);
                    database.Run(string.Create(CultureInfo.InvariantCulture, $"""
                        COPY (SELECT * EXCLUDE (file) FROM day WHERE file = {file} ORDER BY _entity_id, _event_timestamp, _created_timestamp, _hash)
                        TO {Database.Text(path)} (FORMAT parquet, COMPRESSION zstd)
                        """));
                }
            }
        }
    }

    /// <summary>Writes events, at times and of entities that look random.</summary>
    public static void WriteEvents(string path, long rows, int days, int entities)
    {
        using var database = new Database();
        database.Run(string.Create(CultureInfo.InvariantCulture, $"""
            COPY (
              SELECT printf('user_%06d', CAST(hash(i, 'user') % {entities} AS BIGINT)) AS user_id,
                make_timestamptz({Start(0)} + CAST(hash(i, 'at') % {days * Day} AS BIGINT)) AS at, hash(i, 'label') % 10 = 0 AS label
              FROM range({rows}) AS events(i))
            TO {Database.Text(path)} (FORMAT parquet, COMPRESSION zstd)
            """));
    }

    /// <summary>The history with what the service knows of each file.</summary>
    public IReadOnlyDictionary<string, ViewHistory> Open()
    {
        var entity = new Entity("user", [new JoinKey("user_id", ScalarType.String)], Description.None);
        var type = new FeatureType(ScalarType.Float32);
        var names = Enumerable.Range(0, Features).Select(NameOf).ToList();
        string[] patterns = layout == HistoryLayout.Partial ? [FirstPart, SecondPart] : [All];
        return Enumerable.Range(0, views).ToDictionary(View, view => new ViewHistory(
            View(view),
            new FeatureView { Name = View(view), Entity = entity.Name, IsOpen = false, Features = [.. names.Select(name => new Feature(name, type, null, Description.None))] },
            entity,
            [.. Enumerable.Range(0, days).SelectMany(day => Enumerable.Range(0, FilesOf(day)).Select(file => Known(view, day, file)))]));

        HistoryFile Known(int view, int day, int file)
        {
            var path = PathOf(view, day, file);
            return new HistoryFile(path, View(view), First.AddDays(day), new FileInfo(path).Length, new RowFacts
            {
                Rows = 1,
                OldestEvent = new Timestamp(Start(day)),
                NewestEvent = new Timestamp(Start(day + 1) - 1),
                Patterns = [.. patterns.Select(present => new RowPattern("merge", present))],
                IsUnique = true,
                HasText = false,
                Columns = names.ToDictionary(name => name, _ => ColumnType.Of(type)),
                Features = names.ToDictionary(name => name, _ => new FeatureFacts(1, 0)),
            });
        }
    }

    private int FilesOf(int day) => layout == HistoryLayout.TenthSmall && day % 10 == 5 ? SmallFiles : 1;

    private static long Start(int day) => Timestamp.From(new DateTimeOffset(First.AddDays(day), TimeOnly.MinValue, TimeSpan.Zero)).Microseconds;

    private string Value(int view, int day, int feature)
    {
        var value = $"CAST({Draw(view, day, NameOf(feature))} % 1000000 AS FLOAT) / 1000";
        var part = feature < 3 ? FirstPart : SecondPart;
        return string.Create(CultureInfo.InvariantCulture, $"{(layout == HistoryLayout.Partial ? $"CASE WHEN _present = '{part}' THEN {value} END" : value)} AS f{feature}");
    }

    /// <summary>A number that looks random, and is the same each time.</summary>
    private static string Draw(int view, int day, string of) => string.Create(CultureInfo.InvariantCulture, $"hash(i, {day}, {view}, '{of}')");

    private static string NameOf(int feature) => string.Create(CultureInfo.InvariantCulture, $"f{feature}");

    private string PathOf(int view, int day, int file) => Path.Combine(
        folder, "view=" + View(view), "date=" + First.AddDays(day).ToString("O", CultureInfo.InvariantCulture), string.Create(CultureInfo.InvariantCulture, $"{file}.parquet"));
}
