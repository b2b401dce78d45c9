using System.Text;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>What of a CSV file arrives on the wire.</summary>
public sealed class CsvTests
{
    private static async Task<(string[] Rows, CommandLine Run)> IngestAsync(byte[] csv, params string[] options)
    {
        await using var service = await StandInService.StartAsync();
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(["ingest", folder.Write("in.csv", csv), "--endpoint", service.Address, .. options]);
        return (service.Rows, run);
    }

    private static Task<(string[] Rows, CommandLine Run)> IngestAsync(string csv, params string[] options) =>
        IngestAsync(Encoding.UTF8.GetBytes(csv), options);

    [Fact]
    public async Task ColumnsBecomeIdStampsAndFeatures()
    {
        var (rows, run) = await IngestAsync(
            "time_hour,origin,temp,note,made\n2013-01-01T06:00:00Z,EWR,39.02,cold,2013-01-01T07:00:00+01:00\n",
            "--view", "airport_weather", "--id", "origin", "--time", "time_hour", "--created", "made", "--ttl", "1h30m");
        Assert.Equal(
            ["""{"view":"airport_weather","entity_id":"EWR","event_timestamp":"2013-01-01T06:00:00Z","created_timestamp":"2013-01-01T07:00:00+01:00","ttl_seconds":5400,"features":{"temp":39.02,"note":"cold"}}"""],
            rows);
        Assert.Equal(0, run.Exit);
        Assert.Contains("applied     1", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ACompositeIdKeepsTheOrderOfTheOptions()
    {
        var (rows, _) = await IngestAsync("a,b,v\nx,07,1\n", "--id", "b", "--id", "a");
        Assert.Equal(["""{"keys":["07","x"],"features":{"v":1}}"""], rows);
    }

    [Theory]
    [InlineData("1.0", "1.0")]
    [InlineData("9007199254740993", "9007199254740993")]
    [InlineData("1e400", "1e400")]
    [InlineData("-0.5E-7", "-0.5E-7")]
    [InlineData("007", "\"007\"")]
    [InlineData("+1", "\"+1\"")]
    [InlineData("1.", "\"1.\"")]
    [InlineData(".5", "\".5\"")]
    [InlineData("1e", "\"1e\"")]
    [InlineData("-", "\"-\"")]
    [InlineData(" 1", "\" 1\"")]
    [InlineData("NaN", "\"NaN\"")]
    [InlineData("0x1", "\"0x1\"")]
    [InlineData("true", "true")]
    [InlineData("False", "false")]
    [InlineData("null", "\"null\"")]
    [InlineData("", "null")]
    [InlineData("\"\"", "null")]
    [InlineData("é😀<&>", "\"é😀<&>\"")]
    [InlineData("\"he said \"\"hi\"\"\"", "\"he said \\\"hi\\\"\"")]
    [InlineData("\"two\nlines\"", "\"two\\nlines\"")]
    [InlineData("\"a,b\"", "\"a,b\"")]
    public async Task ACellKeepsItsExactText(string cell, string json)
    {
        var (rows, run) = await IngestAsync($"id,v\nk,{cell}\n", "--id", "id");
        Assert.Equal([$$$"""{"entity_id":"k","features":{"v":{{{json}}}}}"""], rows.Select(Unescaped));
        Assert.Equal(0, run.Exit);

        // The writer may escape what lies beyond the basic plane; it is the same text.
        static string Unescaped(string row) => row.Replace("\\uD83D\\uDE00", "😀", StringComparison.Ordinal);
    }

    [Fact]
    public async Task OneCellThatIsNoNumberMakesTheColumnStrings()
    {
        var (rows, _) = await IngestAsync("id,v,w\n1,2,1\n2,NA,2\n3,,3\n", "--id", "id", "--text", "w");
        Assert.Equal(
            [
                """{"entity_id":"1","features":{"v":"2","w":"1"}}""",
                """{"entity_id":"2","features":{"v":"NA","w":"2"}}""",
                """{"entity_id":"3","features":{"v":null,"w":"3"}}""",
            ],
            rows);
    }

    [Fact]
    public async Task ACellBeyondTheSampleThatDoesNotFitIsAString()
    {
        var csv = new StringBuilder("id,v,late\n");
        for (var i = 0; i < 1_000; i++)
        {
            csv.Append(i).Append(",1,\n");
        }

        var (rows, _) = await IngestAsync(csv.Append("a,x,\nb,2,3.50\nc,4,oops\n").ToString(), "--id", "id");
        Assert.Equal(1_003, rows.Length);
        Assert.Equal(
            [
                """{"entity_id":"a","features":{"v":"x","late":null}}""",
                """{"entity_id":"b","features":{"v":2,"late":3.50}}""",
                """{"entity_id":"c","features":{"v":4,"late":"oops"}}""",
            ],
            rows[^3..]);
    }

    [Fact]
    public async Task ByteOrderMarkCarriageReturnsAndBlankLinesAreNoContent()
    {
        var (rows, run) = await IngestAsync("\uFEFFid, v\r\na,1\r\n\r\nb,\"x\r\ny\"\r\nc,3", "--id", "id", "--text", "v");
        Assert.Equal(
            [
                """{"entity_id":"a","features":{"v":"1"}}""",
                """{"entity_id":"b","features":{"v":"x\r\ny"}}""",
                """{"entity_id":"c","features":{"v":"3"}}""",
            ],
            rows);
        Assert.Equal(0, run.Exit);
    }

    [Fact]
    public async Task RowsThatCannotBeReadAreNamedByTheirLineAndTheOthersGoIn()
    {
        var (rows, run) = await IngestAsync(
            "id,t,v\na,2013-01-01T00:00:00Z,\"two\nlines\"\nb,2013-01-01T00:00:00Z\n,2013-01-01T00:00:00Z,1\nc,2013-01-01 00:00:00,1\nd,,1\ne,2013-01-01T00:00:00Z,1,2\nf,2013-01-01T00:00:00Z,x\"y\ng,2013-01-01T00:00:00Z,1\n",
            "--id", "id", "--time", "t");
        Assert.Equal(2, rows.Length);
        Assert.Equal(1, run.Exit);
        Assert.Contains("in.csv:4: It has 2 cells and the header has 3.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.csv:5: Column id, the id, is empty.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.csv:6: Column t: \"2013-01-01 00:00:00\" has no zone. Add Z", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.csv:7: Column t, the event time, is empty.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.csv:8: It has 4 cells and the header has 3.", run.Error, StringComparison.Ordinal);
        Assert.Contains("in.csv:9: A quote stands where none may", run.Error, StringComparison.Ordinal);
        Assert.Contains("rejected    6", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task OnlyTheNamedColumnsAreFeatures()
    {
        var (rows, _) = await IngestAsync(",id,v,w\n0,a,1,2\n", "--id", "id", "--column", "w");
        Assert.Equal(["""{"entity_id":"a","features":{"w":2}}"""], rows);
    }

    [Fact]
    public async Task TextThatIsNotUtf8IsRefusedNotReplaced()
    {
        var (rows, run) = await IngestAsync([.. "id,v\na,"u8, 0xE9, .. "\n"u8], "--id", "id");
        Assert.Empty(rows);
        Assert.Equal(2, run.Exit);
        Assert.Contains("not UTF-8", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AQuoteThatIsNeverClosedIsNamedByItsFirstLine()
    {
        var (rows, run) = await IngestAsync("id,v\na,1\nb,\"open\nc,3\n", "--id", "id");
        Assert.Single(rows);
        Assert.Equal(1, run.Exit);
        Assert.Contains("in.csv:3: A quote stands where none may (up to line", run.Error, StringComparison.Ordinal);
    }
}
