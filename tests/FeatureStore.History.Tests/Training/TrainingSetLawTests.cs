using System.Globalization;
using System.Text.Json;
using FeatureStore.Model;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace FeatureStore.History.Tests;

/// <summary>Whatever is in history, in whatever files: an event gets what the online store would have answered.</summary>
public sealed class TrainingSetLawTests
{
    private static readonly string[][] Airports = [["EWR"], ["a/b 'ü%"], .. Enumerable.Range(0, 10).Select(i => new[] { $"A{i}" })];
    private static readonly string[][] Tails = [["N1", "7"], ["N1", "-8"], ["N1/7", "7"], .. Enumerable.Range(0, 6).Select(i => new[] { $"T{i}", "1" })];

    private static readonly FeatureReference[] Features =
    [
        new(Views.Weather, "temp"), new(Views.Aircraft, "seats"), new(Views.Weather, "note"), new(Views.Weather, "gusts"),
        new(Views.Aircraft, "temp"), new(Views.Weather, "embedding"), new(Views.Aircraft, Views.OddName),
    ];

    private static readonly Dictionary<string, string[]> Values = new()
    {
        ["temp"] = ["1.5", "1.50", "2", "10.0", "9.5", "95e-1", "null"],
        ["gusts"] = ["1", "10", "9", "9007199254740993", "null"],
        ["seats"] = ["1", "10", "9", "null"],
        ["note"] = ["\"a\"", "\"a!\"", "\"a\\\"\"", "\"\"", "null"],
        ["embedding"] = ["[1,2]", "[1.5]", "[]", "[-1]", "null"],
        [Views.OddName] = ["\"x\"", "1.0", "1e400", "[1, {\"n\":null}]", "true", "null"],
    };

    [Fact]
    public async Task Every_event_gets_what_the_online_store_would_have_answered()
    {
        var cases = from groups in Gen.Elements(1, 2, 9)
                    from weather in Row(Airports, groups, "temp", "gusts", "note", "embedding").ListOf()
                    from aircraft in Row(Tails, groups, "temp", "seats", Views.OddName).ListOf()
                    from events in EventGen.NonEmptyListOf()
                    from visible in Gen.Elements(Enum.GetValues<VisibleFrom>())
                    from lag in Gen.Elements(0L, 0, 1, 2)
                    from seed in Gen.Choose(0, int.MaxValue - 1)
                    select new Case([.. weather], [.. aircraft], [.. events], visible, visible == VisibleFrom.Accepted ? 0 : lag, seed);
        var tests = Environment.GetEnvironmentVariable("FEATURESTORE_TRAINING_CASES") is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : 40;
        await Task.Run(() => Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests).WithStartSize(10).WithEndSize(300), Prop.ForAll(cases.ToArbitrary(), Holds)), TestContext.Current.CancellationToken);
    }

    private static void Holds(Case given)
    {
        using var folder = new TemporaryFolder();
        using var files = new HistoryFiles(folder.Path);
        var random = new Random(given.Seed);
        var weather = WithRepetitions(given.Weather, random);
        var aircraft = WithRepetitions(given.Aircraft, random);
        var history = new Dictionary<string, ViewHistory>
        {
            [Views.Weather] = new(Views.Weather, Views.WeatherView, Views.AirportEntity, Split(files, Views.WeatherView, weather, random)),
            [Views.Aircraft] = new(Views.Aircraft, Views.AircraftView, Views.AircraftEntity, Split(files, Views.AircraftView, aircraft, random)),
        };
        // The open view has had every feature once.
        history[Views.Aircraft] = WithKnown(history[Views.Aircraft]);

        var events = WriteEvents(files, folder, given.Events, random);
        var request = new TrainingSetRequest
        {
            EventsPath = events.Path,
            EventsFormat = events.Format,
            TimeColumn = "at",
            KeyColumns = new Dictionary<string, string> { ["tail"] = "tail number" },
            Features = Features,
            VisibleFrom = given.VisibleFrom,
            Lags = given.Lag == 0 ? [] : new Dictionary<string, TimeSpan> { [Views.Weather] = Lag(given.Lag), [Views.Aircraft] = Lag(given.Lag + 1) },
            OutputPath = folder.File("set.parquet"),
            OutputFormat = TableFormat.Parquet,
        };
        var cut = new TrainingSetCut(new TrainingSetOptions { Threads = random.Next(1, 3), TemporaryFolder = folder.File("spill") });
        var result = cut.RunAsync(request, history, null, CancellationToken.None).GetAwaiter().GetResult();

        var expected = given.Events.Select(one => Features.Select(feature =>
        {
            var isWeather = feature.View == Views.Weather;
            var view = isWeather ? Views.WeatherView : Views.AircraftView;
            var keys = isWeather ? one.Airport : one.Tail;
            var lag = given.Lag == 0 ? 0 : isWeather ? given.Lag : given.Lag + 1;
            return keys is null || one.Time is not { } time
                ? null
                : Readable(NaiveJoin.Answer(isWeather ? weather : aircraft, view, EntityId(keys), feature.Feature, time, given.VisibleFrom, lag), view.Find(feature.Feature)?.Type);
        }).ToArray()).ToList();
        var columns = string.Join(", ", result.Features.Select(feature => $"\"{feature.Column.Replace("\"", "\"\"", StringComparison.Ordinal)}\""));
        var actual = files.Query($"SELECT {columns} FROM read_parquet({HistoryFiles.Text(request.OutputPath)})").Select(row => row.Select(Readable).ToArray()).ToList();

        Assert.Equal(given.Events.Count, result.Events);
        Assert.Equal(expected.Select(row => string.Join(" | ", row)), actual.Select(row => string.Join(" | ", row)));
        Assert.Equal(Enumerable.Range(0, Features.Length).Select(i => expected.LongCount(row => row[i] is not null)), result.Features.Select(feature => feature.Matched));
    }

    private static TimeSpan Lag(long microseconds) => TimeSpan.FromTicks(microseconds * TimeSpan.TicksPerMicrosecond);

    private static string EntityId(string[] keys) => new HistoryRow(keys, default, 0, 0, 0, null, new Dictionary<string, string>()).EntityId;

    /// <summary>Some rows come again, later, and all in any order.</summary>
    private static List<HistoryRow> WithRepetitions(List<HistoryRow> rows, Random random)
    {
        HistoryRow[] all = [.. rows, .. rows.Where(_ => random.Next(4) == 0).Select(row => row with { Accepted = row.Accepted + random.Next(3) })];
        random.Shuffle(all);
        return [.. all];
    }

    private static List<HistoryFile> Split(HistoryFiles files, FeatureView view, List<HistoryRow> rows, Random random)
    {
        var most = random.Next(1, 5);
        var columns = view.Features.Select(feature => (feature.Name, feature.Type.ToString())).ToList();
        var knowsPatterns = random.Next(4) > 0;
        var written = rows.GroupBy(row => (row.Date, Part: random.Next(most))).Select(group => files.Write(view.Name, columns, [.. group], knowsPatterns || random.Next(2) == 0)).ToArray();
        random.Shuffle(written);
        return [.. written];
    }

    private static ViewHistory WithKnown(ViewHistory view) => view with
    {
        Files =
        [
            .. view.Files.Select(file => file with
            {
                Facts = file.Facts with { Features = file.Facts.Features.Append(new(Views.OddName, new FeatureFacts(0, 0))).DistinctBy(pair => pair.Key).ToDictionary() },
            }),
        ],
    };

    private static (string Path, TableFormat Format) WriteEvents(HistoryFiles files, TemporaryFolder folder, List<EventRow> events, Random random)
    {
        var format = random.Next(2) == 0 ? TableFormat.Csv : TableFormat.Parquet;
        var path = folder.File("events." + format);
        var timeType = random.Next(3) switch { 0 => "TIMESTAMP", 1 => "VARCHAR", _ => "TIMESTAMP WITH TIME ZONE" };
        var slotType = random.Next(3) switch { 0 => "VARCHAR", 1 => "DOUBLE", _ => "INTEGER" };
        var rows = events.Select(one => string.Create(CultureInfo.InvariantCulture, $"""
            ({(one.Airport is { } airport ? HistoryFiles.Text(airport[0]) : "NULL")}::VARCHAR, {(one.Tail is { } tail ? HistoryFiles.Text(tail[0]) : "NULL")}::VARCHAR,
            {(one.Tail is { } slot ? HistoryFiles.Text(slot[1]) : "NULL")}::{slotType}, {(one.Time is { } time ? HistoryFiles.Time(time) : "NULL")}::TIMESTAMP WITH TIME ZONE::{timeType})
            """));
        files.Run($"COPY (SELECT * FROM (VALUES {string.Join(",\n", rows)}) AS events(origin, \"tail number\", slot, \"at\")) TO {HistoryFiles.Text(path)} (FORMAT {(format == TableFormat.Csv ? "csv, HEADER" : "parquet")})");
        return (path, format);
    }

    /// <summary>A value as it is compared: of a number not its text.</summary>
    private static string? Readable(string? json, FeatureType? type)
    {
        if (json is null or "null")
        {
            return null;
        }

        return (type?.Scalar, type?.IsList) switch
        {
            (ScalarType.Float64, _) => Readable(double.Parse(json, CultureInfo.InvariantCulture)),
            (ScalarType.Float32, true) => Readable(JsonSerializer.Deserialize<List<float>>(json)),
            (ScalarType.String, _) => JsonSerializer.Deserialize<string>(json),
            (null, _) => json.StartsWith('"') ? JsonSerializer.Deserialize<string>(json) : json,
            _ => json,
        };
    }

    private static string? Readable(object? value) => value switch
    {
        null => null,
        List<float> list => $"[{string.Join(',', list.Select(one => one.ToString("R", CultureInfo.InvariantCulture)))}]",
        double number => number.ToString("R", CultureInfo.InvariantCulture),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };

    // Few entities, times and ttls, so that rows meet in every way; midnight lies between them. Rows name features of one of some
    // groups, or any.
    private static Gen<HistoryRow> Row(string[][] entities, int groups, params string[] names) =>
        from operation in Gen.Frequency(
            (6, Gen.Constant(RowOperation.Merge)), (2, Gen.Constant(RowOperation.Replace)), (2, Gen.Constant(RowOperation.Delete)))
        from keys in Gen.Elements(entities)
        from at in Gen.Choose(-3, 3)
        from created in Gen.Choose(-3, 5)
        from late in Gen.Choose(-2, 6)
        from ttl in Gen.Elements<long?>(null, null, 1, 2, 3, 3_600_000_000)
        from named in groups > 2 ? Gen.SubListOf(names).Select(list => list.ToList()) : Gen.Choose(0, groups - 1).Select(chosenGroup => names.Where((_, i) => i % groups == chosenGroup).ToList())
        from chosen in Gen.Choose(0, 100).ArrayOf(names.Length)
        where operation != RowOperation.Merge || named.Count > 0
        let features = named.Select((name, i) => (name, value: operation == RowOperation.Delete ? "" : Values[name][chosen[i] % Values[name].Length]))
        select new HistoryRow(
            keys, operation, at, Frequent(created), at + late, operation == RowOperation.Delete ? null : ttl, features.ToDictionary(pair => pair.name, pair => pair.value));

    /// <summary>Most rows are produced at one of two times, so that stamps are often equal.</summary>
    private static long Frequent(int created) => created < 0 ? 0 : created;

    private static Gen<EventRow> EventGen =>
        from airport in Gen.Elements<string[]?>([null, ["ZZZ"], .. Airports, .. Airports, .. Airports])
        from tail in Gen.Elements<string[]?>([null, .. Tails, .. Tails, .. Tails])
        from time in Gen.Frequency((1, Gen.Constant<long?>(null)), (12, Gen.Choose(-4, 10).Select(time => (long?)time)))
        select new EventRow(airport, tail, time);

    private sealed record EventRow(string[]? Airport, string[]? Tail, long? Time);

    private sealed record Case(List<HistoryRow> Weather, List<HistoryRow> Aircraft, List<EventRow> Events, VisibleFrom VisibleFrom, long Lag, int Seed)
    {
        public override string ToString() => string.Join('\n', [
            $"{VisibleFrom}, lag {Lag}, seed {Seed}", .. Weather.Concat(Aircraft), .. Events.Select(one => $"{EntityIdOf(one.Airport)} {EntityIdOf(one.Tail)} at {one.Time}")]);

        private static string EntityIdOf(string[]? keys) => keys is null ? "nothing" : EntityId(keys);
    }
}
