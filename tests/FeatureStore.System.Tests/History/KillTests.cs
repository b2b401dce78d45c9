using System.Globalization;
using System.Net;
using System.Text;
using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using Xunit;

namespace FeatureStore.SystemTests.History;

/// <summary>feature-history is killed while rows stream in: every row is there in the end, and no file was ever torn.</summary>
public sealed class KillTests(HistoryStack shared, ITestOutputHelper output) : IClassFixture<HistoryStack>
{
    private const int Chunk = 4_000;

    [Fact]
    public async Task Every_row_that_was_acknowledged_is_in_history()
    {
        // By hand with more: FEATURESTORE_HISTORY_ROWS=200000.
        var total = int.Parse(Environment.GetEnvironmentVariable("FEATURESTORE_HISTORY_ROWS") ?? "40000", CultureInfo.InvariantCulture);
        await shared.Stack.Declare(HistoryStack.Registry);
        using var stop = new CancellationTokenSource();
        var killing = KillAsync(stop.Token);
        for (var first = 0; first < total; first += Chunk)
        {
            var lines = new StringBuilder();
            for (var i = first; i < Math.Min(first + Chunk, total); i++)
            {
                // Over three days, so that each delivery becomes several files.
                lines.Append(CultureInfo.InvariantCulture, $$$"""{"view":"lasting","entity_id":"k{{{i % 5000}}}","event_timestamp":"2026-01-0{{{1 + (i % 3)}}}T00:00:00.{{{i % 1000000:000000}}}Z","features":{"a":{{{i}}},"b":"t{{{i}}}","c":{{{i}}}.5}}""").Append('\n');
            }

            var reply = await shared.Stack.Ingest.PostLines(lines.ToString());
            Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        }

        await stop.CancelAsync();
        var kills = await killing;
        shared.Stack.StartHistory();
        await Wait.UntilAsync(
            async () => await HistoryCalls.Rows(shared.Folder, "lasting", "count(DISTINCT (_entity_id, _event_timestamp, a)) AS n", "_entity_id LIKE 'k%'") is [var row] && (long)row["n"]! == total,
            $"{total} different rows in history");
        var wrong = await HistoryCalls.Rows(shared.Folder, "lasting", "count(*) AS n", "_entity_id LIKE 'k%' AND (b <> 't' || a OR c <> a + 0.5)");
        Assert.Equal(0L, wrong[0]["n"]);
        output.WriteLine($"{total} rows, {kills} kills");
        Assert.True(kills > 1);
    }

    private async Task<int> KillAsync(CancellationToken stop)
    {
        var random = new Random(5);
        for (var kills = 0; ; kills++)
        {
            try
            {
                await Task.Delay(random.Next(300, 1500), stop);
            }
            catch (OperationCanceledException)
            {
                // However few rows there are: it dies with some of them on their way.
                shared.Stack.HistoryProcess.Signal("KILL");
                await shared.Stack.HistoryProcess.WaitForExitAsync();
                return kills + 1;
            }

            shared.Stack.HistoryProcess.Signal("KILL");
            await shared.Stack.HistoryProcess.WaitForExitAsync();
            shared.Stack.StartHistory();
        }
    }
}
