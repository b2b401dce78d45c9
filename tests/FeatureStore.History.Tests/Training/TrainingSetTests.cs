using FeatureStore.Model;
using Xunit;

namespace FeatureStore.History.Tests;

public sealed class TrainingSetTests : IDisposable
{
    private const string At = "TIMESTAMPTZ '2026-11-24 00:00:00Z'";

    private readonly TrainingStand _stand = new();

    public void Dispose() => _stand.Dispose();

    [Fact]
    public async Task The_columns_of_the_events_keep_their_order_types_and_values()
    {
        _stand.Add(Views.WeatherView, Views.AirportEntity, [HistoryRow.Merge("EWR", 0, ("temp", "1.5"))]);
        var query = $"SELECT i AS label, CASE WHEN i % 3 = 0 THEN 'EWR' END AS origin, {At} AS \"at\", [i, 2] AS list, CAST(i AS DECIMAL(9, 2)) AS price, 'x' AS file_row_number, {{'a': i}} AS _t "
            + "FROM range(300000) t(i) ORDER BY hash(i)";
        var request = _stand.Request(_stand.Events(query), "airport_weather:temp");

        var result = await _stand.CutAsync(request);

        Assert.Equal(
            [.. _stand.Files.Columns(request.EventsPath), ("temp", "DOUBLE")],
            _stand.Files.Columns(request.OutputPath));
        Assert.Equal((300000, 100000), (result.Events, Assert.Single(result.Features).Matched));
        var different = _stand.Files.Query($"""
            SELECT count(*) FROM (SELECT *, row_number() OVER () AS n FROM read_parquet('{request.EventsPath}')) a
            JOIN (SELECT *, row_number() OVER () AS n FROM read_parquet('{request.OutputPath}')) b USING (n)
            WHERE (a.label, a.list, a.price, a._t) IS DISTINCT FROM (b.label, b.list, b.price, b._t) OR b.temp IS DISTINCT FROM CASE WHEN a.label % 3 = 0 THEN 1.5 END
            """);
        Assert.Equal(0L, different[0][0]);
    }

    [Fact]
    public async Task The_same_rows_and_events_give_the_same_bytes_however_history_lies()
    {
        HistoryRow[] rows = [.. Enumerable.Range(0, 2000).Select(i => HistoryRow.Merge($"e{i % 50}", (i / 100) - 10, ("temp", $"{i % 7}.5"), ("note", $"\"n{i}\"")))];
        var events = _stand.Events($"SELECT 'e' || (i % 60) AS origin, {At} + to_microseconds(i % 30 - 15) AS \"at\", i AS label FROM range(260000) t(i)");
        var request = _stand.Request(events, "airport_weather:temp", "airport_weather:note");
        var digests = new List<string>();
        for (var run = 0; run < 3; run++)
        {
            var random = new Random(run);
            HistoryRow[] all = run == 0 ? rows : [.. rows, .. rows.Where(_ => random.Next(3) == 0)];
            random.Shuffle(all);
            var files = all.GroupBy(row => (row.Date, Part: random.Next(run + 1))).Select(group => (IReadOnlyList<HistoryRow>)[.. group]).ToArray();
            random.Shuffle(files);
            _stand.Add(Views.WeatherView, Views.AirportEntity, files);
            digests.Add((await _stand.CutAsync(request, threads: 1 + (run % 2))).Sha256);
        }

        Assert.Single(digests.Distinct());
        Assert.Equal(digests[0], Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(await File.ReadAllBytesAsync(request.OutputPath, TestContext.Current.CancellationToken))));
    }

    [Fact]
    public async Task Csv_keeps_the_texts_of_the_events_and_has_lists_as_json()
    {
        var view = Views.Of("v", "airport", false, ("list", "list<float32>"), ("words", "list<string>"), ("raw", "bytes"), ("since", "timestamp"), ("note", "string"));
        _stand.Add(view, Views.AirportEntity, [HistoryRow.Merge("007", 0, ("list", "[1,0.5]"), ("words", "[\"a,b\",\"\\\"\"]"), ("raw", "\"AAH/\""), ("since", "\"2026-11-24T00:00:00.5Z\""), ("note", "\"\""))]);
        await File.WriteAllTextAsync(_stand.Folder.File("e.csv"), "origin,at,price\n007,2026-11-24T01:00:00+01:00,1.50\nEWR,2026-11-24,\n", TestContext.Current.CancellationToken);
        var request = _stand.Request(_stand.Folder.File("e.csv"), "v:list", "v:words", "v:raw", "v:since", "v:note") with { OutputFormat = TableFormat.Csv };

        var result = await _stand.CutAsync(request);

        Assert.Equal(
            "origin,at,price,list,words,raw,since,note\n007,2026-11-24T01:00:00+01:00,1.50,\"[1.0,0.5]\",\"[\"\"a,b\"\",\"\"\\\"\"\"\"]\",AAH/,2026-11-24T00:00:00.500Z,\"\"\nEWR,2026-11-24,,,,,,\n",
            await File.ReadAllTextAsync(request.OutputPath, TestContext.Current.CancellationToken));
        Assert.All(result.Features, feature => Assert.Equal(1, feature.Matched));
    }

    [Theory]
    [InlineData("TIMESTAMP '2026-11-23 23:59:59.999999'", "TIMESTAMP '2026-11-24 00:00:00'")]
    [InlineData("TIMESTAMP_NS '2026-11-23 23:59:59.999999999'", "TIMESTAMP_NS '2026-11-24 00:00:00'")]
    [InlineData("TIMESTAMP_MS '2026-11-23 23:59:59.999'", "TIMESTAMP_MS '2026-11-24 00:00:00'")]
    [InlineData("DATE '2026-11-23'", "DATE '2026-11-24'")]
    [InlineData("'2026-11-24T00:59:59.999999+01:00'", "'2026-11-23T23:00:00-01:00'")]
    public async Task A_time_of_any_type_is_of_utc_and_counts_to_the_microsecond(string before, string then)
    {
        _stand.Add(Views.WeatherView, Views.AirportEntity, [HistoryRow.Merge("EWR", 0, ("gusts", "1"))]);
        var request = _stand.Request(_stand.Events($"SELECT 'EWR' AS origin, unnest([{before}, {then}]) AS \"at\""), "airport_weather:gusts");

        await _stand.CutAsync(request);

        Assert.Equal(["(NULL)", "(1)"], _stand.Set(request, "gusts"));
        Assert.Equal(_stand.Files.Columns(request.EventsPath), _stand.Files.Columns(request.OutputPath).SkipLast(1));
    }

    [Fact]
    public async Task A_string_key_of_csv_is_its_text()
    {
        _stand.Add(Views.WeatherView, Views.AirportEntity, [HistoryRow.Merge("1.0", 0, ("gusts", "1")), HistoryRow.Merge("1", 0, ("gusts", "2"))]);
        await File.WriteAllTextAsync(_stand.Folder.File("e.csv"), "origin,at\n1.0,2026-11-24\n1,2026-11-24\n", TestContext.Current.CancellationToken);
        var request = _stand.Request(_stand.Folder.File("e.csv"), "airport_weather:gusts");

        await _stand.CutAsync(request);

        Assert.Equal(["(1)", "(2)"], _stand.Set(request, "gusts"));
    }

    [Fact]
    public async Task Columns_that_files_do_not_have_or_have_in_a_narrower_type_are_read()
    {
        var view = Views.Of("v", "airport", false, ("count", "int64"), ("share", "float64"), ("any", "json"), ("late", "int64"));
        _stand.Add(view, Views.AirportEntity,
        [
            // Before `late` was declared, it came as digits in a text, and as what is none.
            _stand.Files.Write("v", [("count", "int32"), ("share", "float32"), ("any", "int64")], [
                HistoryRow.Merge("old", -1, ("count", "7"), ("share", "0.1"), ("any", "5"), ("late", "\"42\"")),
                HistoryRow.Merge("odd", -1, ("late", "3.7")),
                HistoryRow.Merge("whole", -1, ("late", "3e2"))]),
            _stand.Files.Write("v", [("count", "int64"), ("share", "float64"), ("any", "json"), ("late", "int64")], [
                HistoryRow.Merge("new", 0, ("count", "9007199254740993"), ("share", "0.1"), ("any", "{\"a\":[1.50]}"), ("late", "1"))]),
        ]);
        var request = _stand.Request(_stand.Events($"SELECT unnest(['old', 'new', 'odd', 'whole']) AS origin, {At} AS \"at\""), "v:count", "v:share", "v:any", "v:late");

        await _stand.CutAsync(request);

        Assert.Equal(
            ["(7, 0.1, 5, 42)", "(9007199254740993, 0.1, '{\"a\":[1.50]}', 1)", "(NULL, NULL, NULL, NULL)", "(NULL, NULL, NULL, 300)"],
            _stand.Set(request, "count, share, \"any\", late"));
        Assert.Equal(["BIGINT", "DOUBLE", "VARCHAR", "BIGINT"], _stand.Files.Columns(request.OutputPath).Skip(2).Select(column => column.Type));
    }

    [Fact]
    public async Task Values_of_every_type_are_the_same_from_a_column_and_from_before_it_was_declared()
    {
        (string Name, string Type, string Json)[] features =
        [
            ("bool", "bool", "true"), ("int32", "int32", "-7"), ("int64", "int64", "9007199254740993"), ("float32", "float32", "0.1"), ("float64", "float64", "1e300"),
            ("string", "string", "\"a\\\"ü\""), ("bytes", "bytes", "\"AAH/\""), ("timestamp", "timestamp", "\"2026-11-24T00:00:00.000001Z\""), ("json", "json", "[1.50]"),
            ("bools", "list<bool>", "[true,false]"), ("int64s", "list<int64>", "[9007199254740993]"), ("floats", "list<float32>", "[0.1,-2]"), ("doubles", "list<float64>", "[0.1]"),
            ("strings", "list<string>", "[\"a,\\\"b\",\"\"]"), ("blobs", "list<bytes>", "[\"AAH/\"]"), ("times", "list<timestamp>", "[\"2026-11-24T00:00:00Z\"]"),
        ];
        var view = Views.Of("v", "airport", false, [.. features.Select(feature => (feature.Name, feature.Type))]);
        var text = HistoryRow.Merge("text", 0, [.. features.Select(feature => (feature.Name, feature.Json))]);
        var column = _stand.Folder.File("column.parquet");
        var file = _stand.Files.Write("v", [], [text]);
        var typed = string.Join(", ", features.Select(feature => (feature.Type switch
        {
            "bytes" => "from_base64('AAH/')",
            "list<bytes>" => "[from_base64('AAH/')]",
            "list<string>" => "['a,\"b', '']",
            "string" => "'a\"ü'",
            "json" => "'[1.50]'",
            "timestamp" => "TIMESTAMPTZ '2026-11-24 00:00:00.000001Z'",
            "list<timestamp>" => "[TIMESTAMPTZ '2026-11-24 00:00:00Z']",
            _ => $"CAST('{feature.Json}' AS {ColumnType.Of(Views.TypeOf(feature.Type))})",
        }) + $" AS \"{feature.Name}\""));
        _stand.Files.Run($"COPY (SELECT * REPLACE ('column' AS _entity_id, NULL::VARCHAR AS _text), {typed} FROM read_parquet('{file.Path}')) TO '{column}'");
        var withColumns = file with
        {
            Path = column,
            Facts = file.Facts with { HasText = false, Columns = features.ToDictionary(feature => feature.Name, feature => ColumnType.Of(Views.TypeOf(feature.Type))) },
        };
        _stand.Add(view, Views.AirportEntity, [file, withColumns]);
        var request = _stand.Request(
            _stand.Events($"SELECT unnest(['text', 'column']) AS origin, {At} AS \"at\""), [.. features.Select(feature => $"v:{feature.Name}")]);

        var result = await _stand.CutAsync(request);

        var names = string.Join(", ", features.Select(feature => $"\"{feature.Name}\""));
        Assert.Single(_stand.Set(request, names).Distinct());
        Assert.All(result.Features, feature => Assert.Equal(2, feature.Matched));
        Assert.Equal(features.Select(feature => ColumnType.Of(Views.TypeOf(feature.Type))), _stand.Files.Columns(request.OutputPath).Skip(2).Select(one => one.Type));
    }

    [Fact]
    public async Task Rows_that_only_their_values_tell_apart_are_settled_feature_by_feature_in_every_type()
    {
        (string Name, string Type, string Less, string More)[] features =
        [
            ("bool", "bool", "false", "true"), ("int32", "int32", "10", "9"), ("float32", "float32", "1e+20", "9.5"), ("string", "string", "\"a!\"", "\"a\""),
            ("bytes", "bytes", "\"AAAA\"", "\"AAAB\""), ("timestamp", "timestamp", "\"2026-11-24T00:00:00.001Z\"", "\"2026-11-24T00:00:00Z\""),
            ("json", "json", "[10]", "[9]"), ("floats", "list<float32>", "[1,2]", "[1,1]"), ("ints", "list<int64>", "[10]", "[9]"),
            ("strings", "list<string>", "[\"b\"]", "[\"c\"]"), ("times", "list<timestamp>", "[\"2026-11-24T00:00:00Z\"]", "[\"2026-11-25T00:00:00Z\"]"),
        ];
        var view = Views.Of("v", "airport", false, [.. features.Select(feature => (feature.Name, feature.Type))]);
        HistoryRow[] rows =
        [
            HistoryRow.Merge("EWR", 0, [.. features.Select((feature, i) => (feature.Name, i % 2 == 0 ? feature.Less : feature.More))]),
            HistoryRow.Merge("EWR", 0, [.. features.Select((feature, i) => (feature.Name, i % 2 == 1 ? feature.Less : feature.More))]),
            HistoryRow.Merge("expected", 0, [.. features.Select(feature => (feature.Name, feature.More))]),
        ];
        _stand.Add(view, Views.AirportEntity, rows);
        var request = _stand.Request(
            _stand.Events($"SELECT unnest(['EWR', 'expected']) AS origin, {At} AS \"at\""), [.. features.Select(feature => $"v:{feature.Name}")]);

        await _stand.CutAsync(request);

        foreach (var feature in features)
        {
            Assert.True(_stand.Set(request, $"\"{feature.Name}\"").Distinct().Count() == 1, feature.Name);
        }
    }

    [Fact]
    public async Task A_view_that_is_not_declared_has_texts_as_they_were_sent()
    {
        _stand.AddUndeclared("default", [_stand.Files.Write("default", [], [
            HistoryRow.Merge("123", 0, ("user_age", "\"42\""), ("score", "1.50"), ("big", "1e400"), ("tags", "[ 1, \"x\" ]"), ("none", "null"), ("A\"b", "true"))])]);
        var request = _stand.Request(
            _stand.Events($"SELECT 123 AS entity_id, {At} AS \"at\""), "default:user_age", "default:score", "default:big", "default:tags", "default:none", "default:A\"b");

        var result = await _stand.CutAsync(request);

        Assert.Equal(["(42, 1.50, 1e400, '[ 1, \"x\" ]', NULL, true)"], _stand.Set(request, "user_age, score, big, tags, none, \"A\"\"b\""));
        Assert.Equal([1, 1, 1, 1, 0, 1], result.Features.Select(feature => feature.Matched));
    }

    [Fact]
    public async Task A_feature_whose_name_is_taken_has_its_views_name_before_it()
    {
        _stand.Add(Views.WeatherView, Views.AirportEntity, [HistoryRow.Merge("EWR", 0, ("temp", "1.5"), ("gusts", "3"), ("note", "\"n\""))]);
        _stand.Add(Views.AircraftView, Views.AircraftEntity, [new HistoryRow(["N1", "7"], RowOperation.Merge, 0, 0, 0, null, new Dictionary<string, string> { ["temp"] = "2.5" })]);
        var request = _stand.Request(
            _stand.Events($"SELECT 'EWR' AS origin, 'N1' AS tail, '7.0' AS slot, {At} AS \"at\", 5 AS \"Gusts\""),
            "airport_weather:temp", "airport_weather:gusts", "aircraft:temp", "airport_weather:note");

        var result = await _stand.CutAsync(request);

        Assert.Equal(["airport_weather__temp", "airport_weather__gusts", "aircraft__temp", "note"], result.Features.Select(feature => feature.Column));
        Assert.Equal(["(EWR, N1, 7.0, 5, 1.5, 3, 2.5, n)"], _stand.Set(request, "origin, tail, slot, \"Gusts\", airport_weather__temp, airport_weather__gusts, aircraft__temp, note"));
    }

    [Fact]
    public async Task Events_without_history_and_history_without_events_make_a_set()
    {
        _stand.Add(Views.WeatherView, Views.AirportEntity);
        var request = _stand.Request(_stand.Events($"SELECT 'EWR' AS origin, {At} AS \"at\""), "airport_weather:temp");
        Assert.Equal(0, Assert.Single((await _stand.CutAsync(request)).Features).Matched);

        _stand.Add(Views.WeatherView, Views.AirportEntity, [HistoryRow.Merge("EWR", 0, ("temp", "1.5"))]);
        request = _stand.Request(_stand.Events($"SELECT 'EWR' AS origin, {At} AS \"at\" LIMIT 0"), "airport_weather:temp");
        Assert.Equal(0, (await _stand.CutAsync(request)).Events);
        Assert.Equal([("origin", "VARCHAR"), ("at", "TIMESTAMP WITH TIME ZONE"), ("temp", "DOUBLE")], _stand.Files.Columns(request.OutputPath));
    }

    [Fact]
    public async Task A_set_that_is_cancelled_leaves_nothing_behind_and_one_that_is_not_tells_its_progress()
    {
        _stand.Add(Views.WeatherView, Views.AirportEntity, [HistoryRow.Merge("e1", 0, ("temp", "1.5"))]);
        var request = _stand.Request(
            _stand.Events($"SELECT 'e' || (i % 60) AS origin, {At} AS \"at\", hash(i) AS label FROM range(2000000) t(i)"), "airport_weather:temp") with
        { OutputFormat = TableFormat.Csv };
        var before = Directory.GetFiles(_stand.Folder.Path);
        using var cancelled = new CancellationTokenSource(TimeSpan.FromMilliseconds(400));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _stand.CutAsync(request, cancellation: cancelled.Token));
        Assert.Equal(before.Order(), Directory.GetFiles(_stand.Folder.Path).Order());
        Assert.Empty(Directory.GetFileSystemEntries(_stand.Folder.File("spill")));

        var reported = new Reported();
        await _stand.CutAsync(request, progress: reported);
        Assert.Equal(reported.Values.Order(), reported.Values);
        Assert.True(reported.Values.Count > 3);
        Assert.Equal(1, reported.Values[^1]);
    }

    private sealed class Reported : IProgress<double>
    {
        public List<double> Values { get; } = [];

        public void Report(double value) => Values.Add(value);
    }
}
