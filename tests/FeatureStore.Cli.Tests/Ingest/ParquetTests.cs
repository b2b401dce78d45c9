using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>Parquet, from the file through the whole store to what is read back.</summary>
public sealed class ParquetTests(DeclaredStore store)
{
    /// <summary>Values in SQL, and what they are when they are read back.</summary>
    private static readonly (string Sql, string Json)[] Values =
    [
        ("true", "true"),
        ("(-128)::TINYINT", "-128"),
        ("(-32768)::SMALLINT", "-32768"),
        ("(-2147483648)::INTEGER", "-2147483648"),
        ("9007199254740993::BIGINT", "9007199254740993"),
        ("(-9223372036854775808)::BIGINT", "-9223372036854775808"),
        ("255::UTINYINT", "255"),
        ("65535::USMALLINT", "65535"),
        ("4294967295::UINTEGER", "4294967295"),
        ("18446744073709551615::UBIGINT", "18446744073709551615"),
        ("0.1::FLOAT", "0.1"),
        ("16777216::FLOAT", "16777216.0"),
        ("3.4028235e38::FLOAT", "3.4028235E+38"),
        ("1::DOUBLE", "1.0"),
        ("'-0.0'::DOUBLE", "-0.0"),
        ("0.1::DOUBLE + 0.2::DOUBLE", "0.30000000000000004"),
        ("5e-324::DOUBLE", "5E-324"),
        ("1.7976931348623157e308::DOUBLE", "1.7976931348623157E+308"),
        ("12.50::DECIMAL(9,2)", "12.50"),
        ("(-0.05)::DECIMAL(4,2)", "-0.05"),
        ("7::DECIMAL(18,0)", "7"),
        ("12345678901234567890123456789012345.678::DECIMAL(38,3)", "12345678901234567890123456789012345.678"),
        ("'é😀\"\\\n'", "\"é\\uD83D\\uDE00\\\"\\\\\\n\""),
        ("''", "\"\""),
        ("'\\xAA\\xBB\\x00'::BLOB", "\"qrsA\""),
        ("DATE '2026-11-23'", "\"2026-11-23\""),
        ("DATE '0001-01-01'", "\"0001-01-01\""),
        ("TIME '10:00:00'", "\"10:00:00\""),
        ("TIME '23:59:59.000001'", "\"23:59:59.000001\""),
        ("TIMESTAMP '2026-11-23 10:00:00'", "\"2026-11-23T10:00:00Z\""),
        ("TIMESTAMP '2026-11-23 10:00:00.123456'", "\"2026-11-23T10:00:00.123456Z\""),
        ("TIMESTAMP '1969-12-31 23:59:59.999999'", "\"1969-12-31T23:59:59.999999Z\""),
        ("TIMESTAMPTZ '2026-11-23 10:00:00+02'", "\"2026-11-23T08:00:00Z\""),
        ("'2026-11-23 10:00:00.123456789'::TIMESTAMP_NS", "\"2026-11-23T10:00:00.123456Z\""),
        ("'1969-12-31 23:59:59.999999999'::TIMESTAMP_NS", "\"1969-12-31T23:59:59.999999Z\""),
        ("'2026-11-23 10:00:00.123'::TIMESTAMP_MS", "\"2026-11-23T10:00:00.123Z\""),
        ("UUID '123e4567-e89b-12d3-a456-426614174000'", "\"123e4567-e89b-12d3-a456-426614174000\""),
        ("[1, NULL, 3]", "[1,null,3]"),
        ("[]::INTEGER[]", "[]"),
        ("[[0.1::FLOAT], []]", "[[0.1],[]]"),
        ("['a', 'b']", "[\"a\",\"b\"]"),
        ("{'a': 1.5::DOUBLE, 'b': [{'c': NULL::INTEGER}]}", "{\"a\":1.5,\"b\":[{\"c\":null}]}"),
        ("MAP {'k': 1.5::FLOAT, 'l': NULL}", "{\"k\":1.5,\"l\":null}"),
        ("MAP {7: true}", "{\"7\":true}"),
        ("'happy'::ENUM('sad', 'happy')", "\"happy\""),
        ("NULL::BIGINT", "null"),
        ("NULL::VARCHAR", "null"),
        ("'NaN'::DOUBLE", "null"),
        ("['NaN'::FLOAT, 1]", "[null,1.0]"),
    ];

    [Fact]
    public async Task EveryTypeIsReadBackAsItWas()
    {
        using var folder = new TemporaryFolder();
        var columns = string.Join(", ", Values.Select((value, i) => $"{value.Sql} AS c{i:00}"));
        var run = await store.RunAsync("ingest", folder.Parquet("types.parquet", $"SELECT 'types' AS id, {columns}"), "--view", "anything");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Contains("Note: 2 values not a number (NaN) went in as null.", run.Error, StringComparison.Ordinal);
        Assert.Equal("{" + string.Join(',', Values.Select((value, i) => $"\"c{i:00}\":{value.Json}")) + "}", await ReadAsync("types"));
    }

    /// <summary>A pandas or Spark file is written by neither; this one at least is written by somebody else than who reads it.</summary>
    [Fact]
    public async Task WhatAnotherLibraryWroteIsReadBackAsItWas()
    {
        using var folder = new TemporaryFolder();
        var path = Path.Combine(folder.Path, "other.parquet");
        await Parquet.Serialization.ParquetSerializer.SerializeAsync(
            new[]
            {
                new Other
                {
                    Id = "other", Impala = new DateTime(2026, 11, 23, 10, 0, 0, DateTimeKind.Utc), Whole = long.MaxValue, Single = 0.1f,
                    Money = 12.34m, Bytes = [0xAA, 0xBB], Names = ["a", "b"], Inner = new Inner { Deep = 1.5 },
                },
            },
            path, cancellationToken: TestContext.Current.CancellationToken);
        var run = await store.RunAsync("ingest", path, "--view", "anything", "--id", "Id");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(
            """{"Bytes":"qrs=","Impala":"2026-11-23T10:00:00Z","Inner":{"Deep":1.5},"Money":12.340000000000000000,"Names":["a","b"],"Nothing":null,"Single":0.1,"Whole":9223372036854775807}""",
            await ReadAsync("other"));
    }

    [Fact]
    public async Task IdStampsAndTtlMeanTheSameAsForFlatRecords()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var file = folder.Parquet("in.parquet", """
            SELECT * FROM (VALUES
              (7::BIGINT, 'x', TIMESTAMP '2013-01-01 06:00:00.5', TIMESTAMPTZ '2013-01-01 07:00:00+01', 39.02, 1),
              (8, 'y', TIMESTAMP '2013-01-01 07:00:00', NULL, NULL, 2)) AS t(a, b, "at", made, temp, other)
            """);
        var run = await CommandLine.RunAsync([
            "ingest", file, "--view", "v", "--id", "b", "--id", "a", "--time", "at", "--created", "made", "--ttl", "1h", "--column", "temp",
            "--endpoint", service.Address]);
        Assert.Equal(0, run.Exit);
        Assert.Equal(
            [
                """{"view":"v","keys":["x","7"],"event_timestamp":"2013-01-01T06:00:00.500Z","created_timestamp":"2013-01-01T06:00:00Z","ttl_seconds":3600,"features":{"temp":39.02}}""",
                """{"view":"v","keys":["y","8"],"event_timestamp":"2013-01-01T07:00:00Z","ttl_seconds":3600,"features":{"temp":null}}""",
            ],
            service.Rows);
    }

    [Fact]
    public async Task TimesAreRebased()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var file = folder.Parquet("in.parquet", "SELECT * FROM (VALUES ('a', DATE '2013-01-01', 1), ('b', DATE '2013-01-02', 2)) AS t(id, \"at\", v)");
        var run = await CommandLine.RunAsync(
            ["ingest", file, "--id", "id", "--time", "at", "--rebase", "now", "--endpoint", service.Address], now: new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));
        Assert.Equal(0, run.Exit);
        Assert.Equal(
            [
                """{"entity_id":"a","event_timestamp":"2026-11-22T10:00:00Z","features":{"v":1}}""",
                """{"entity_id":"b","event_timestamp":"2026-11-23T10:00:00Z","features":{"v":2}}""",
            ],
            service.Rows);
    }

    [Fact]
    public async Task RowsThatCannotBeSentAreNamedByTheirNumberAndTheOthersGoIn()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var file = folder.Parquet("in.parquet", """
            SELECT * FROM (VALUES
              (1::DOUBLE, TIMESTAMP '2013-01-01', 1::DOUBLE), (NULL, TIMESTAMP '2013-01-01', 1), (2, NULL, 1),
              (3, TIMESTAMP '2013-01-01', 'Infinity'), (4.5, TIMESTAMP '2013-01-01', 1), (5, TIMESTAMP '10000-01-01', 1)) AS t(id, "at", v)
            """);
        var run = await CommandLine.RunAsync(["ingest", file, "--id", "id", "--time", "at", "--endpoint", service.Address]);
        Assert.Equal(1, run.Exit);
        Assert.Equal(["""{"entity_id":"1","event_timestamp":"2013-01-01T00:00:00Z","features":{"v":1.0}}"""], service.Rows);
        Assert.Contains("in.parquet:2: Column id, the id, is empty.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.parquet:3: Column at, the event time, is empty.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.parquet:4: Column v: infinity cannot be stored; make it null or a number.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.parquet:5: Column id, the id, is no whole number.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.parquet:6: Column at: the time is not within the years 1 to 9999.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--id: there is no column \"od\". Did you mean \"id\"? The columns are: id, at, v, pause.", "--id", "od")]
    [InlineData("--time: there is no column \"when\".", "--id", "id", "--time", "when")]
    [InlineData("--column: there is no column \"w\".", "--id", "id", "--column", "w")]
    [InlineData("Column \"at\" is timestamp: an id is a string or a whole number.", "--id", "at", "--column", "v")]
    [InlineData("Column \"v\" is int32: a time is a timestamp, a date, or text as", "--id", "id", "--time", "v")]
    [InlineData("Column \"pause\" is interval, which cannot be sent.", "--id", "id")]
    [InlineData("--text is for CSV files", "--id", "id", "--column", "v", "--text", "v")]
    public async Task ColumnsThatDoNotFitAreRefused(string message, params string[] options)
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var file = folder.Parquet("in.parquet", "SELECT 'a' AS id, TIMESTAMP '2013-01-01' AS \"at\", 1 AS v, INTERVAL 1 DAY AS pause");
        var run = await CommandLine.RunAsync(["ingest", file, .. options, "--endpoint", service.Address]);
        Assert.Equal(2, run.Exit);
        Assert.Empty(service.Calls);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatIsNoParquetIsRefused()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var whole = File.ReadAllBytes(folder.Parquet("whole.parquet", "SELECT range AS id, range AS v FROM range(1000)"));
        foreach (var bytes in new[] { [], "id,v\n"u8.ToArray(), whole[..^100] })
        {
            var run = await CommandLine.RunAsync(["ingest", folder.Write("bad.parquet", bytes), "--id", "id", "--endpoint", service.Address]);
            Assert.Equal(2, run.Exit);
            Assert.Contains("bad.parquet cannot be read as Parquet: ", run.Error, StringComparison.Ordinal);
        }

        Assert.Empty(service.Calls);
    }

    [Fact]
    public async Task StandardInputMayBeParquet()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var bytes = File.ReadAllBytes(folder.Parquet("in.parquet", "SELECT 'a' AS id, 1 AS v"));
        var run = await CommandLine.RunAsync(
            ["ingest", "-", "--format", "parquet", "--id", "id", "--endpoint", service.Address], inputStream: new MemoryStream(bytes));
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(["""{"entity_id":"a","features":{"v":1}}"""], service.Rows);
    }

    [Fact]
    public async Task AFileWithoutRowsIsToldAndIsNoError()
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(
            ["ingest", folder.Parquet("in.parquet", "SELECT 'a' AS id, 1 AS v WHERE false"), "--id", "id", "--endpoint", service.Address]);
        Assert.Equal(0, run.Exit);
        Assert.Contains("in.parquet has no rows.", run.Error, StringComparison.Ordinal);
    }

    private Task<string?> ReadAsync(string id) => store.FeaturesAsync("anything", id);

    private sealed class Other
    {
        public string? Id { get; set; }

        public DateTime Impala { get; set; }

        public long Whole { get; set; }

        public float Single { get; set; }

        public decimal Money { get; set; }

        public byte[]? Bytes { get; set; }

        public List<string>? Names { get; set; }

        public Inner? Inner { get; set; }

        public int? Nothing { get; set; }
    }

    private sealed class Inner
    {
        public double Deep { get; set; }
    }
}
