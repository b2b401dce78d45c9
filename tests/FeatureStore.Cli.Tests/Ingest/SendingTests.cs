using System.Collections.Concurrent;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>How rows get to the service whatever it answers.</summary>
public sealed class SendingTests
{
    private static readonly TimeSpan Generous = TimeSpan.FromSeconds(60);

    private static string Csv(int rows, bool times = true) =>
        "id,t,n\n" + string.Concat(Enumerable.Range(0, rows).Select(i => $"e{i},{(times ? "2013-01-01T00:00:00Z" : "")},{i}\n"));

    private static async Task<CommandLine> IngestAsync(StandInService service, string csv, params string[] options)
    {
        using var folder = new TemporaryFolder();
        return await CommandLine.RunAsync(["ingest", folder.Write("in.csv", csv), "--id", "id", "--endpoint", service.Address, .. options]);
    }

    [Fact]
    public async Task OnlyTheFailedLinesAreSentAgain()
    {
        await using var service = await StandInService.StartAsync((context, lines, number) => number == 1
            ? StandInService.JsonAsync(context, 503, """
                {"type":"about:blank","title":"Some rows failed","status":503,"detail":"the state store is away",
                 "applied":4,"superseded":1,"rejected":1,"failed":4,"errors":[{"line":3,"detail":"too old"}],"failed_lines":[[2,2],[8,10]]}
                """)
            : StandInService.AllAppliedAsync(context, lines));
        var run = await IngestAsync(service, Csv(10), "--time", "t");
        Assert.Equal(["e1", "e7", "e8", "e9"], service.Requests.Last().Select(EntityOf));
        Assert.Equal(service.Requests.First()[1], service.Requests.Last()[0]);
        Assert.Equal(2, service.Requests.Count);
        Assert.Equal(1, run.Exit);
        Assert.Contains("in.csv:4: too old", run.Error, StringComparison.Ordinal);
        AssertCounts(run, applied: 8, superseded: 1, rejected: 1, failed: 0);
    }

    [Fact]
    public async Task LinesOfASecondTryAreMappedBackToTheFile()
    {
        await using var service = await StandInService.StartAsync((context, lines, number) => number switch
        {
            1 => StandInService.JsonAsync(context, 503, """{"applied":2,"superseded":0,"rejected":0,"failed":2,"errors":[],"failed_lines":[[3,4]]}"""),
            2 => StandInService.JsonAsync(context, 503, """{"applied":1,"superseded":0,"rejected":0,"failed":1,"errors":[],"failed_lines":[[2,2]]}"""),
            _ => StandInService.JsonAsync(context, 422, """{"applied":0,"superseded":0,"rejected":1,"failed":0,"errors":[{"line":1,"detail":"no"}],"failed_lines":[]}"""),
        });
        var run = await IngestAsync(service, Csv(4), "--time", "t");
        Assert.Contains("in.csv:5: no", run.Error, StringComparison.Ordinal);
        AssertCounts(run, applied: 3, superseded: 0, rejected: 1, failed: 0);
    }

    [Fact]
    public async Task AConnectionThatIsCutIsTriedAgainWithAllLines()
    {
        await using var service = await StandInService.StartAsync((context, lines, number) =>
        {
            if (number <= 2)
            {
                context.Abort();
                return Task.CompletedTask;
            }

            return StandInService.AllAppliedAsync(context, lines);
        });
        var run = await IngestAsync(service, Csv(3), "--time", "t");
        Assert.Equal(0, run.Exit);
        Assert.Equal(3, service.Requests.Count);
        Assert.All(service.Requests, lines => Assert.Equal(["e0", "e1", "e2"], lines.Select(EntityOf)));
        Assert.Contains($"waiting for feature-ingest at {service.Address}: the connection was cut", run.Error, StringComparison.Ordinal);
        Assert.Contains("going on", run.Error, StringComparison.Ordinal);
        AssertCounts(run, applied: 3, superseded: 0, rejected: 0, failed: 0);
    }

    [Fact]
    public async Task AServiceThatStartsLateGetsTheRows()
    {
        string address;
        await using (var gone = await StandInService.StartAsync())
        {
            address = gone.Address;
        }

        using var folder = new TemporaryFolder();
        var run = CommandLine.RunAsync(["ingest", folder.Write("in.csv", Csv(3)), "--id", "id", "--time", "t", "--endpoint", address]);
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await using var service = await StandInService.StartAsync(url: address);
        var ended = await run.WaitAsync(Generous, TestContext.Current.CancellationToken);
        Assert.Equal(0, ended.Exit);
        Assert.Contains($"waiting for feature-ingest at {address}: connection refused", ended.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RetryAfterIsRespected()
    {
        var at = new ConcurrentQueue<long>();
        await using var service = await StandInService.StartAsync((context, lines, number) =>
        {
            at.Enqueue(TimeProvider.System.GetTimestamp());
            if (number == 1)
            {
                context.Response.Headers.RetryAfter = "2";
                return StandInService.JsonAsync(context, 503, """{"title":"away","status":503}""");
            }

            return StandInService.AllAppliedAsync(context, lines);
        });
        await IngestAsync(service, Csv(1), "--time", "t");
        Assert.True(TimeProvider.System.GetElapsedTime(at.First(), at.Last()) >= TimeSpan.FromSeconds(1.9));
    }

    [Fact]
    public async Task PatienceEndsAndTheLinesAreNamed()
    {
        await using var service = await StandInService.StartAsync((context, lines, _) =>
            StandInService.JsonAsync(context, 503, $$"""{"applied":0,"superseded":0,"rejected":0,"failed":{{lines.Length}},"errors":[],"failed_lines":[[1,{{lines.Length}}]],"detail":"the store is away"}"""));
        var run = await IngestAsync(service, Csv(7), "--time", "t", "--patience", "1s");
        Assert.Equal(1, run.Exit);
        Assert.Contains("in.csv:2 to line 8: failed", run.Error, StringComparison.Ordinal);
        Assert.Contains("the store is away", run.Error, StringComparison.Ordinal);
        Assert.Contains("featurestore up", run.Error, StringComparison.Ordinal);
        AssertCounts(run, applied: 0, superseded: 0, rejected: 0, failed: 7);
    }

    [Fact]
    public async Task ARequestThatIsRefusedAsSuchEndsTheRun()
    {
        await using var service = await StandInService.StartAsync((context, _, _) =>
            StandInService.JsonAsync(context, 415, """{"title":"Unsupported media type","status":415,"detail":"Send NDJSON.","errors":[{"detail":"wrong","parameter":"x"}]}"""));
        var run = await IngestAsync(service, Csv(1), "--time", "t");
        Assert.Equal(1, run.Exit);
        Assert.Single(service.Requests);
        Assert.Contains("feature-ingest: Unsupported media type (415)\nSend NDJSON.\n  - parameter x: wrong", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task SomethingElseAtTheAddressIsNamed()
    {
        await using var service = await StandInService.StartAsync((context, _, _) =>
        {
            context.Response.StatusCode = 404;
            return Task.CompletedTask;
        });
        var run = await IngestAsync(service, Csv(1), "--time", "t");
        Assert.Equal(1, run.Exit);
        Assert.Contains("answered 404 and is perhaps not feature-ingest. Check --endpoint.", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RequestsAreBoundedAndKeepTheOrderOfRows()
    {
        await using var service = await StandInService.StartAsync();
        var run = await IngestAsync(service, Csv(12_000), "--time", "t");
        Assert.Equal(0, run.Exit);
        Assert.Equal([2_000, 5_000, 5_000], service.Requests.Select(lines => lines.Length).Order());
        Assert.Equal(Enumerable.Range(0, 12_000).Select(i => $"e{i}"), service.Requests.OrderBy(lines => int.Parse(EntityOf(lines[0])[1..])).SelectMany(lines => lines).Select(EntityOf));
        Assert.Contains("12,000 rows read", run.Out, StringComparison.Ordinal);
        Assert.All(service.Calls, call => Assert.Equal(("POST", "/features", "application/x-ndjson"), call));
    }

    [Fact]
    public async Task ARequestIsBoundedInBytesToo()
    {
        await using var service = await StandInService.StartAsync();
        var text = new string('x', 1 << 20);
        var run = await IngestAsync(service, "id,t,s\n" + string.Concat(Enumerable.Range(0, 9).Select(i => $"e{i},2013-01-01T00:00:00Z,{text}\n")), "--time", "t");
        Assert.Equal(0, run.Exit);
        Assert.Equal([3, 3, 3], service.Requests.Select(lines => lines.Length));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task SeveralRequestsAreInFlightOnlyWhenRowsCarryTheirTime(bool stamped)
    {
        var (now, most) = (0, 0);
        var several = new TaskCompletionSource();
        await using var service = await StandInService.StartAsync(async (context, lines, _) =>
        {
            var current = Interlocked.Increment(ref now);
            InterlockedMax(ref most, current);
            if (current >= 2)
            {
                several.TrySetResult();
            }

            // With times, nothing is answered until a second request is there.
            await (stamped ? several.Task.WaitAsync(Generous) : Task.Delay(50));
            Interlocked.Decrement(ref now);
            await StandInService.AllAppliedAsync(context, lines);
        });
        var run = await IngestAsync(service, Csv(20_000), stamped ? ["--time", "t"] : []);
        Assert.Equal(0, run.Exit);
        Assert.Equal(4, service.Requests.Count);
        Assert.InRange(most, stamped ? 2 : 1, stamped ? 3 : 1);
        if (!stamped)
        {
            Assert.Equal(Enumerable.Range(0, 20_000).Select(i => $"e{i}"), service.Rows.Select(EntityOf));
        }

        static void InterlockedMax(ref int target, int value)
        {
            for (var seen = Volatile.Read(ref target); seen < value;)
            {
                seen = Interlocked.CompareExchange(ref target, value, seen) is var found && found == seen ? value : found;
            }
        }
    }

    [Fact]
    public async Task StoppingTellsHowFarItCame()
    {
        using var stop = new CancellationTokenSource();
        await using var service = await StandInService.StartAsync(async (context, lines, number) =>
        {
            await (number == 1 ? StandInService.AllAppliedAsync(context, lines) : StandInService.JsonAsync(context, 503, """{"title":"away"}"""));
            if (number > 3)
            {
                await stop.CancelAsync();
            }
        });
        using var folder = new TemporaryFolder();
        var run = await CommandLine.RunAsync(
            ["ingest", folder.Write("in.csv", Csv(20_000, times: false)), "--id", "id", "--endpoint", service.Address], stop: stop.Token);
        Assert.Equal(1, run.Exit);
        Assert.Matches("Stopped: everything up to .*in.csv:5001 is in; [0-9,]+ rows after it read and perhaps not stored.", run.Error);
        AssertCounts(run, applied: 5_000, superseded: 0, rejected: 0, failed: 0);
    }

    [Theory]
    [InlineData(6, "[[1,3],[3,5]]")]
    [InlineData(4, "[[1,1]]")]
    [InlineData(4, "[]")]
    public async Task WhenTheFailedLinesAreNotAsManyAsFailedAllAreSentAgain(int failed, string lines)
    {
        await using var service = await StandInService.StartAsync((context, rows, number) => number == 1
            ? StandInService.JsonAsync(context, 503, $$"""{"applied":{{8 - failed}},"superseded":0,"rejected":0,"failed":{{failed}},"failed_lines":{{lines}}}""")
            : StandInService.AllAppliedAsync(context, rows));
        var run = await IngestAsync(service, Csv(8), "--time", "t");
        Assert.Equal(0, run.Exit);
        Assert.Equal(service.Requests.First(), service.Requests.Last());
        AssertCounts(run, applied: 8, superseded: 0, rejected: 0, failed: 0);
    }

    [Fact]
    public async Task RowsOfASlowSourceAreNotHeldBack()
    {
        await using var service = await StandInService.StartAsync();
        var pipe = new Pipe();
        var run = CommandLine.RunAsync(["ingest", "-", "--format", "ndjson", "--endpoint", service.Address], inputStream: pipe.Reader.AsStream());
        await pipe.Writer.WriteAsync("{\"entity_id\":\"a\"}\n"u8.ToArray(), TestContext.Current.CancellationToken);
        var started = TimeProvider.System.GetTimestamp();
        while (service.Rows.Length == 0 && TimeProvider.System.GetElapsedTime(started) < Generous)
        {
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }

        Assert.Equal(["{\"entity_id\":\"a\"}"], service.Rows);
        await pipe.Writer.WriteAsync("{\"entity_id\":\"b\"}\n"u8.ToArray(), TestContext.Current.CancellationToken);
        await pipe.Writer.CompleteAsync();
        var ended = await run;
        Assert.Equal(["{\"entity_id\":\"a\"}", "{\"entity_id\":\"b\"}"], service.Rows);
        Assert.Contains("2 rows read from standard input", ended.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AStopDoesNotWaitForASourceThatSaysNothing()
    {
        await using var service = await StandInService.StartAsync();
        using var stop = new CancellationTokenSource();
        var pipe = new Pipe();
        var run = CommandLine.RunAsync(
            ["ingest", "-", "--format", "csv", "--id", "id", "--endpoint", service.Address], inputStream: pipe.Reader.AsStream(), stop: stop.Token);
        await stop.CancelAsync();
        var ended = await run.WaitAsync(Generous, TestContext.Current.CancellationToken);
        Assert.Equal(1, ended.Exit);
        Assert.Contains("Stopped", ended.Error, StringComparison.Ordinal);
    }

    private static string EntityOf(string row) => row.Split('"')[3];

    private static void AssertCounts(CommandLine run, int applied, int superseded, int rejected, int failed)
    {
        foreach (var (name, count) in new[] { ("applied", applied), ("superseded", superseded), ("rejected", rejected), ("failed", failed) })
        {
            Assert.Matches($@"(?m)^  {name} +{count:N0}$", run.Out);
        }
    }
}
