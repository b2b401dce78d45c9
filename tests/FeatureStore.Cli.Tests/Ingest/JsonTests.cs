namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>What of NDJSON and JSON arrays arrives on the wire.</summary>
public sealed class JsonTests
{
    private static async Task<(string[] Rows, CommandLine Run)> IngestAsync(string name, string content, params string[] options)
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(["ingest", folder.Write(name, content), "--endpoint", service.Address, .. options]);
        return (service.Rows, run);
    }

    [Fact]
    public async Task RowsOnTheWirePassByteForByte()
    {
        string[] lines =
        [
            """{ "entity_id" : "a",  "features": {"n": 1.0, "big":9007199254740993,"e":1e400,"s":"\u00e9\/","o":{"x":[1 , 2]}} }""",
            """{"keys":["x","y"],"view":"v","op":"replace","ttl_seconds":1.50,"features":{}}""",
        ];
        var (rows, run) = await IngestAsync("in.ndjson", "\uFEFF" + lines[0] + "\r\n\n  " + lines[1]);
        Assert.Equal(lines, rows);
        Assert.Equal(0, run.Exit);
    }

    [Fact]
    public async Task ViewAndTtlAreFilledInOnlyWhereARowLacksThem()
    {
        var (rows, _) = await IngestAsync(
            "in.jsonl",
            """
            {"entity_id":"a","features":{"view":1}}
            {"view":"own","entity_id":"a","features":{}}
            {"entity_id":"a","ttl_seconds":1,"features":{}}
            {"entity_id":"a","op":"delete"}
            {}
            """,
            "--view", "v", "--ttl", "500ms");
        Assert.Equal(
            [
                """{"view":"v","ttl_seconds":0.5,"entity_id":"a","features":{"view":1}}""",
                """{"ttl_seconds":0.5,"view":"own","entity_id":"a","features":{}}""",
                """{"view":"v","entity_id":"a","ttl_seconds":1,"features":{}}""",
                """{"view":"v","entity_id":"a","op":"delete"}""",
                """{"view":"v","ttl_seconds":0.5}""",
            ],
            rows);
    }

    [Fact]
    public async Task FlatRecordsAreMappedAndKeepTheirText()
    {
        var (rows, run) = await IngestAsync(
            "in.ndjson",
            """
            {"id":7,"t":"2013-01-01T00:00:00Z","n":1.0,"s":"\u00e9","o":{"a": [1]},"null":null}
            {"t":"2013-01-01T00:00:00Z","n":1}
            {"id":"x","n":1}
            {"id":{},"t":"2013-01-01T00:00:00Z"}
            {"id":"x","id":"y","t":"2013-01-01T00:00:00Z"}
            [1]
            {"id":"x"
            {"id":"y","t":"2013-01-01T00:00:00Z"} 1
            """,
            "--id", "id", "--time", "t", "--view", "v");
        Assert.Equal(
            ["""{"view":"v","entity_id":"7","event_timestamp":"2013-01-01T00:00:00Z","features":{"n":1.0,"s":"\u00e9","o":{"a": [1]},"null":null}}"""],
            rows);
        Assert.Equal(1, run.Exit);
        Assert.Contains("in.ndjson:2: \"id\", the id, is missing or empty.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:3: \"t\", the event time, is missing", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:4: \"id\" is an object or an array", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:5: \"id\" occurs twice.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:6: It is no JSON object.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:7: It is not valid JSON", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.ndjson:8: It is not valid JSON", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnArrayIsReadElementByElement()
    {
        var (rows, run) = await IngestAsync(
            "in.json",
            "\uFEFF[\n  {\n    \"entity_id\": \"a\",\r\n    \"features\": {\"n\": 1.0}\n  },\n  3,\n  {\"entity_id\":\"b\"}\n]\n");
        Assert.Equal(
            ["{     \"entity_id\": \"a\",      \"features\": {\"n\": 1.0}   }", "{\"entity_id\":\"b\"}"],
            rows);
        Assert.Contains("in.json:6: It is no JSON object.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnArrayLargerThanTheBufferArrivesWhole()
    {
        var text = new string('x', 300_000);
        var elements = Enumerable.Range(0, 40).Select(i => $$$"""{"entity_id":"{{{i}}}","features":{"s":"{{{text}}}"}}""").ToArray();
        var (rows, run) = await IngestAsync("in.json", "[" + string.Join(" ,\n", elements) + "]");
        Assert.Equal(elements.Order(), rows.Order());
        Assert.Equal(0, run.Exit);
    }

    [Theory]
    [InlineData("[{\"entity_id\":\"a\"} {\"entity_id\":\"b\"}]", "in.json:1: A comma or the end of the array is missing.", 1)]
    [InlineData("[{\"entity_id\":\"a\"},\n{\"entity_id\":}]", "in.json:2: The JSON is not valid here", 1)]
    [InlineData("[{\"entity_id\":\"a\"},", "in.json:1: The file ends within the array.", 1)]
    [InlineData("[{\"entity_id\":\"a\"},{\"b\":", "in.json:1: The JSON is not valid here", 1)]
    [InlineData("[{\"entity_id\":\"a\"}]\n1", "in.json:2: There is something after the end of the array.", 1)]
    [InlineData("{\"entity_id\":\"a\"}", "Give --format ndjson", 0)]
    public async Task ABrokenArrayIsNamedAndWhatCameBeforeGoesIn(string json, string message, int sent)
    {
        var (rows, run) = await IngestAsync("in.json", json);
        Assert.Equal(sent, rows.Length);
        Assert.Equal(1, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("in.json", "[]")]
    [InlineData("in.ndjson", "\n\n")]
    [InlineData("in.json", "")]
    public async Task NoRowsIsNoError(string name, string content)
    {
        var (rows, run) = await IngestAsync(name, content);
        Assert.Empty(rows);
        Assert.Equal(0, run.Exit);
        Assert.Contains($"{name} has no rows.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ALineThatIsTooLongIsPassedOver()
    {
        var longLine = $$$"""{"entity_id":"a","features":{"s":"{{{new string('x', 20 << 20)}}}"}}""";
        var (rows, run) = await IngestAsync("in.ndjson", longLine + "\n{\"entity_id\":\"b\"}\n");
        Assert.Equal(["{\"entity_id\":\"b\"}"], rows);
        Assert.Contains("in.ndjson:1: The line is longer than 8 MiB.", run.Error, StringComparison.Ordinal);
    }
}
