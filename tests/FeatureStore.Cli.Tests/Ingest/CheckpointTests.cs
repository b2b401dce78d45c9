using System.Text;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>A load that goes on after an interruption.</summary>
public sealed class CheckpointTests
{
    private const int Rows = 22_000;

    /// <summary>Answers until enough rows are in; then the service is away, and somebody presses Ctrl-C.</summary>
    private static async Task<(CommandLine Run, string[] Acknowledged)> InterruptAsync(
        StandInService service, CancellationTokenSource stop, string[] args)
    {
        var run = await CommandLine.RunAsync(["ingest", .. args, "--endpoint", service.Address], stop: stop.Token);
        Assert.Equal(1, run.Exit);
        return (run, service.Rows);
    }

    private static Task<StandInService> StartAsync(CancellationTokenSource stop, Func<int> acknowledged) => StandInService.StartAsync(async (context, lines, number) =>
    {
        if (stop.IsCancellationRequested || number <= acknowledged())
        {
            await StandInService.AllAppliedAsync(context, lines);
            return;
        }

        await StandInService.JsonAsync(context, 503, """{"title":"away"}""");
        await stop.CancelAsync();
    });

    /// <summary>
    /// Answers the first two batches, and once the command has heard of both answers somebody presses Ctrl-C, and the service is away. It
    /// keeps three requests under way: a third that waits for its answer shows that two were answered and taken in.
    /// </summary>
    private static Task<StandInService> StartAsync(CancellationTokenSource stop, Func<string, bool> isOfTheFirstTwo)
    {
        var held = 0;
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return StandInService.StartAsync(async (context, lines, _) =>
        {
            if (stop.IsCancellationRequested || isOfTheFirstTwo(lines[0]))
            {
                await StandInService.AllAppliedAsync(context, lines);
                return;
            }

            if (Interlocked.Increment(ref held) == 3)
            {
                heard.SetResult();
            }

            await heard.Task;
            await stop.CancelAsync();
            await StandInService.JsonAsync(context, 503, """{"title":"away"}""");
        });
    }

    private static int NumberOf(string row) => int.Parse(row.Split("\"n\":")[1].Split([',', '}'])[0]);

    private static string Csv(int rows = Rows) => "id,n,late\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"e{i % 1000},{i},{(i < 15_000 ? "" : i)}\n"));

    private static string[] Once(StandInService service) => [.. service.Rows.Distinct()];

    [Theory]
    [InlineData("csv")]
    [InlineData("ndjson")]
    [InlineData("wire")]
    [InlineData("json")]
    [InlineData("parquet")]
    [InlineData("arrow")]
    public async Task TheSameCommandGoesOnAndSendsExactlyTheRowsOfOneGo(string format)
    {
        using var folder = new TemporaryFolder();
        var (file, options) = Write(folder, format);
        var checkpoint = Path.Combine(folder.Path, "load.checkpoint");
        using var stop = new CancellationTokenSource();
        await using var service = await StartAsync(stop, row => NumberOf(row) < 10_000);
        string[] args = [file, .. options, "--checkpoint", checkpoint];
        var (interrupted, _) = await InterruptAsync(service, stop, args);
        Assert.Contains($"Give the same command again to go on; {checkpoint} says from where.", interrupted.Error, StringComparison.Ordinal);
        Assert.Contains("\"row\": 10000", await File.ReadAllTextAsync(checkpoint, TestContext.Current.CancellationToken), StringComparison.Ordinal);

        var before = service.Requests.Count;
        var resumed = await CommandLine.RunAsync(["ingest", .. args, "--endpoint", service.Address]);
        Assert.True(resumed.Exit == 0, resumed.Error);
        Assert.Contains($"Going on in {file} after 10,000 rows of it, as {checkpoint} says.", resumed.Error, StringComparison.Ordinal);
        Assert.Contains("12,000 rows read", resumed.Out, StringComparison.Ordinal);
        Assert.False(File.Exists(checkpoint));

        // What was sent twice is the same to the byte, stamps included; what was sent at all is every row, in order.
        Assert.Equal(12_000, service.Requests.Skip(before).Sum(lines => lines.Length));
        var rows = Once(service);
        Assert.Equal(Rows, rows.Length);
        Assert.Equal(Enumerable.Range(0, Rows), rows.Select(NumberOf).Order());
        var stamps = rows.ToDictionary(NumberOf, row => row.Split("\"event_timestamp\":\"")[1].Split('"')[0]);
        Assert.Equal(Rows, stamps.Values.Distinct().Count());
        Assert.Equal(stamps.OrderBy(row => row.Key).Select(row => row.Value), stamps.Values.OrderBy(stamp => DateTimeOffset.Parse(stamp)));
    }

    [Fact]
    public async Task SeveralFilesGoOnInTheOneThatWasNotDone()
    {
        using var folder = new TemporaryFolder();
        string[] files = [folder.Write("a.csv", Csv(6_000)), folder.Write("b.csv", "id,n,late\nx,-1,\n"), folder.Parquet("c.parquet", "SELECT 'c' || range AS id, range AS n FROM range(16000)")];
        var checkpoint = Path.Combine(folder.Path, "checkpoint");
        using var stop = new CancellationTokenSource();
        await using var service = await StartAsync(stop, row => row.Contains("\"entity_id\":\"e", StringComparison.Ordinal));
        string[] args = [.. files, "--id", "id", "--checkpoint", checkpoint];
        await InterruptAsync(service, stop, args);
        var before = service.Requests.Count;
        var resumed = await CommandLine.RunAsync(["ingest", .. args, "--endpoint", service.Address]);
        Assert.True(resumed.Exit == 0, resumed.Error);

        // Of the second batch 1,000 rows were of the first file and one of the second.
        Assert.Contains($"Going on in {files[2]} after 3,999 rows of it", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(16_000 - 3_999, service.Requests.Skip(before).Sum(lines => lines.Length));
        Assert.Equal(22_001, Once(service).Length);
    }

    [Fact]
    public async Task TimesThatAreRebasedStayWhereTheyWereMoved()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Parquet("in.parquet", "SELECT 'e' || range AS id, TIMESTAMP '2013-01-01' + INTERVAL (range) SECOND AS t, range AS n FROM range(12000)");
        string[] args = [file, "--id", "id", "--time", "t", "--rebase", "now", "--checkpoint", Path.Combine(folder.Path, "checkpoint")];
        using var stop = new CancellationTokenSource();
        await using var service = await StartAsync(stop, () => 1);
        await InterruptAsync(service, stop, args);
        var resumed = await CommandLine.RunAsync(["ingest", .. args, "--endpoint", service.Address]);
        Assert.True(resumed.Exit == 0, resumed.Error);
        Assert.Equal(12_000, Once(service).Length);
    }

    [Fact]
    public async Task RowsThatWereGivenUpAreSentAgain()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("in.csv", Csv());
        var checkpoint = Path.Combine(folder.Path, "checkpoint");
        var isAway = true;
        await using var service = await StandInService.StartAsync((context, lines, number) => isAway && number > 1
            ? StandInService.JsonAsync(context, 503, """{"title":"away"}""")
            : StandInService.AllAppliedAsync(context, lines));
        string[] args = ["ingest", file, "--id", "id", "--checkpoint", checkpoint, "--patience", "1s", "--endpoint", service.Address];
        Assert.Equal(1, (await CommandLine.RunAsync(args)).Exit);
        isAway = false;
        var resumed = await CommandLine.RunAsync(args);
        Assert.True(resumed.Exit == 0, resumed.Error);
        Assert.Contains("after 5,000 rows of it", resumed.Error, StringComparison.Ordinal);
        Assert.Equal(Rows, Once(service).Length);
    }

    [Fact]
    public async Task WhatChangedSinceIsRefused()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Write("in.csv", Csv());
        var checkpoint = Path.Combine(folder.Path, "checkpoint");
        using var stop = new CancellationTokenSource();
        await using var service = await StartAsync(stop, () => 1);
        string[] args = [file, "--id", "id", "--checkpoint", checkpoint];
        await InterruptAsync(service, stop, args);
        var before = service.Requests.Count;
        await RefusedAsync(["ingest", .. args, "--view", "v", "--column", "n"], "--column was not given and is \"n\".", "--view was not given and is \"v\".");
        await RefusedAsync(["ingest", folder.Write("other.csv", Csv()), .. args], $"{Path.Combine(folder.Path, "other.csv")} was not among its files.");
        File.SetLastWriteTimeUtc(file, new DateTime(2026, 1, 1, 0, 0, 0, DateTimeKind.Utc));
        await RefusedAsync(["ingest", .. args], "in.csv was written again since (");
        File.AppendAllText(file, "x,1,1\n");
        await RefusedAsync(["ingest", .. args], "in.csv had ", "it is not what it was.", "Give the command as it was, or delete the checkpoint to load everything from the beginning.");
        Assert.Equal(before, service.Requests.Count);

        async Task RefusedAsync(string[] command, params string[] messages)
        {
            var run = await CommandLine.RunAsync([.. command, "--endpoint", service.Address]);
            Assert.Equal(2, run.Exit);
            Assert.Contains($"{checkpoint} is the checkpoint of another load:", run.Error, StringComparison.Ordinal);
            Assert.All(messages, message => Assert.Contains(message, run.Error, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData("id,v\na,1\n")]
    [InlineData("{}")]
    [InlineData("")]
    public async Task AFileThatIsNoCheckpointIsNotWrittenOver(string content)
    {
        using var folder = new TemporaryFolder();
        await using var service = await StandInService.StartAsync();
        var other = folder.Write("other", content);
        var run = await CommandLine.RunAsync(["ingest", folder.Write("in.csv", Csv(1)), "--id", "id", "--checkpoint", other, "--endpoint", service.Address]);
        Assert.Equal(2, run.Exit);
        Assert.Contains($"--checkpoint: {other} is there already and is no checkpoint.", run.Error, StringComparison.Ordinal);
        Assert.Equal(content, await File.ReadAllTextAsync(other, TestContext.Current.CancellationToken));
        Assert.Empty(service.Calls);
    }

    private static (string File, string[] Options) Write(TemporaryFolder folder, string format)
    {
        const string query = "SELECT 'e' || (range % 1000) AS id, range AS n FROM range(22000)";
        switch (format)
        {
            case "csv":
                return (folder.Write("in.csv", Csv()), ["--id", "id"]);
            case "parquet":
                return (folder.Parquet("in.parquet", query, rowGroup: 4096), ["--id", "id"]);
            case "arrow":
                return (folder.Arrow("in.arrow", Batches(), compression: Apache.Arrow.Ipc.CompressionCodecType.Zstd), ["--id", "id"]);
            case "wire":
                return (folder.Write("in.ndjson", Records(i => $$$"""{"entity_id":"e{{{i % 1000}}}","event_timestamp":null,"features":{"n":{{{i}}}}}""", "\n")), []);
            case "ndjson":
                return (folder.Write("in.ndjson", Records(i => $$"""{"id":"e{{i % 1000}}","n":{{i}}}""", "\n")), ["--id", "id"]);
            default:
                return (folder.Write("in.json", "[" + Records(i => $$"""{"id":"e{{i % 1000}}","n":{{i}}}""", ",\n") + "]"), ["--id", "id"]);
        }
    }

    private static string Records(Func<int, string> record, string separator) =>
        new StringBuilder().AppendJoin(separator, Enumerable.Range(0, Rows).Select(record)).ToString();

    private static Apache.Arrow.RecordBatch[] Batches() => [.. Enumerable.Range(0, 4).Select(batch =>
    {
        var numbers = Enumerable.Range(batch * Rows / 4, Rows / 4).ToList();
        return new Apache.Arrow.RecordBatch.Builder()
            .Append("id", nullable: true, array => array.String(strings => strings.AppendRange(numbers.Select(i => $"e{i % 1000}"))))
            .Append("n", nullable: true, array => array.Int64(ints => ints.AppendRange(numbers.Select(i => (long)i))))
            .Build();
    })];
}
