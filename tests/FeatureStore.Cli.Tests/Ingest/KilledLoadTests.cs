using System.Text;
using System.Text.Json;
using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>A load that is killed for good, and gone on with.</summary>
public sealed class KilledLoadTests(DeclaredStore store)
{
    private const int Entities = 12_000;
    private const int Rows = 3 * Entities;
    private const int KilledAfter = 10_000;

    /// <summary>Each entity three times; which of its rows is the newest is another for each.</summary>
    private static readonly string Query = $"""
        SELECT 'PREFIX' || (range % {Entities}) AS id, TIMESTAMP '2026-01-01' + INTERVAL ((range * 7919) % {Rows}) SECOND AS t,
          range AS n, md5(range::VARCHAR) AS text, range / 7 AS ratio
        FROM range({Rows})
        """;

    [Theory]
    [InlineData("parquet", true)]
    [InlineData("parquet", false)]
    [InlineData("csv", false)]
    public async Task KilledHalfWayAndResumedEveryRowIsWhatItIsInOneGo(string format, bool hasTimes)
    {
        await store.StartAsync();
        using var folder = new TemporaryFolder();
        var prefix = $"kill_{format}_{hasTimes}_";
        var query = Query.Replace("PREFIX", prefix, StringComparison.Ordinal);
        var file = format == "csv" ? Csv(folder, query) : folder.Parquet("in.parquet", query, rowGroup: 10_000);
        string[] times = hasTimes ? ["--time", "t"] : [];
        string[] args = ["ingest", file, "--id", "id", .. times, "--column", "n", "--column", "text", "--column", "ratio", "--endpoint", store.Ingest];
        string[] resumable = [.. args, "--view", "anything", "--checkpoint", Path.Combine(folder.Path, "checkpoint")];

        await using (var killed = CommandProcess.Start(resumable))
        {
            await UntilAsync(() => RowsOf(resumable[^1]) >= KilledAfter, killed);
            await killed.SignalAsync("KILL");
            Assert.NotEqual(0, await killed.ExitAsync());
        }

        Assert.InRange(RowsOf(resumable[^1]), KilledAfter, Rows - 1);
        var resumed = await CommandProcess.RunAsync(resumable);
        Assert.True(resumed.Exit == 0, resumed.Error);
        Assert.Contains("Going on in ", resumed.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(resumable[^1]));

        var oneGo = await CommandProcess.RunAsync([.. args, "--view", "anything_else"]);
        Assert.True(oneGo.Exit == 0, oneGo.Error);
        for (var from = 0; from < Entities; from += 1000)
        {
            var inTwo = await QueryAsync("anything", prefix, from, hasTimes);
            Assert.Equal(await QueryAsync("anything_else", prefix, from, hasTimes), inTwo);
            Assert.Equal(1000, inTwo.Length);
        }
    }

    /// <summary>Every row of some entities: values, and times where the file has them.</summary>
    private async Task<string[]> QueryAsync(string view, string prefix, int from, bool withTimes)
    {
        var entities = string.Join(',', Enumerable.Range(from, 1000).Select(i => $$"""{"id":"{{prefix}}{{i}}"}"""));
        var features = string.Join(',', ((string[])["n", "text", "ratio"]).Select(name => $"\"{view}:{name}\""));
        using var reply = JsonDocument.Parse(await store.QueryAsync($$"""{"features":[{{features}}],"entities":[{{entities}}],"metadata":{{(withTimes ? "true" : "false")}}}"""));
        return [.. reply.RootElement.GetProperty("rows").EnumerateArray().Select(row =>
        {
            Assert.All(row.GetProperty("statuses").EnumerateArray(), status => Assert.Equal("PRESENT", status.GetString()));
            return $"{row.GetProperty("entity")} {row.GetProperty("values").GetRawText()}{(withTimes ? row.GetProperty("event_timestamps").GetRawText() : "")}";
        })];
    }

    /// <summary>How many rows a checkpoint says are in; it is replaced whole, so what is read is one or the other.</summary>
    private static long RowsOf(string checkpoint)
    {
        if (!File.Exists(checkpoint))
        {
            return 0;
        }

        using var document = JsonDocument.Parse(File.ReadAllBytes(checkpoint));
        return document.RootElement.GetProperty("row").GetInt64();
    }

    private static async Task UntilAsync(Func<bool> condition, CommandProcess process)
    {
        while (!condition())
        {
            Assert.False(process.HasExited, process.Error);
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    private static string Csv(TemporaryFolder folder, string query)
    {
        using var rows = FeatureStore.Cli.Ingest.DuckDbRows.Of($"SELECT id || ',' || n || ',' || text || ',' || ratio FROM ({query})");
        var csv = new StringBuilder("id,n,text,ratio\n");
        while (rows.Read() is { } batch)
        {
            using (batch)
            {
                var lines = (Apache.Arrow.StringArray)batch.Column(0);
                for (var i = 0; i < lines.Length; i++)
                {
                    csv.Append(lines.GetString(i)).Append('\n');
                }
            }
        }

        return folder.Write("in.csv", csv.ToString());
    }
}
