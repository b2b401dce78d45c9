using FeatureStore.Cli.Tests.Up;

namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>Loads that do not fit into the memory they are given.</summary>
public sealed class LargeLoadTests
{
    private const int Rows = 300_000;

    /// <summary>The rows as they are sent are several times the heap that the process may have.</summary>
    [Theory]
    [InlineData("parquet")]
    [InlineData("arrow")]
    public async Task TheHeapDoesNotGrowWithTheFile(string format)
    {
        var rows = 0;
        var bytes = 0L;
        await using var service = await StandInService.StartAsync((context, lines, _) =>
        {
            Interlocked.Add(ref rows, lines.Length);
            Interlocked.Add(ref bytes, lines.Sum(line => (long)line.Length));
            return StandInService.AllAppliedAsync(context, lines);
        });
        using var folder = new TemporaryFolder();
        const string query = "SELECT 'entity_' || range AS id, TIMESTAMP '2026-01-01' + INTERVAL (range) SECOND AS t, range AS a, range / 7 AS b, md5(range::VARCHAR) AS c FROM range(300000)";
        var file = format == "parquet" ? folder.Parquet("in.parquet", query, rowGroup: 20_000) : Arrow(folder, query);
        await using var process = CommandProcess.Start(
            ["ingest", file, "--id", "id", "--time", "t", "--endpoint", service.Address], ("DOTNET_GCHeapHardLimit", "0x1000000"));
        Assert.True(await process.ExitAsync() == 0, process.Error);
        Assert.Equal(Rows, rows);
        Assert.True(bytes > 40 << 20, $"{bytes} bytes do not fill the heap that the process has.");
    }

    private static string Arrow(TemporaryFolder folder, string query)
    {
        using var rows = FeatureStore.Cli.Ingest.DuckDbRows.Of(query);
        using var file = File.Create(Path.Combine(folder.Path, "in.arrow"));
        using var writer = new Apache.Arrow.Ipc.ArrowFileWriter(file, rows.Schema);
        while (rows.Read() is { } batch)
        {
            using (batch)
            {
                writer.WriteRecordBatch(batch);
            }
        }

        writer.WriteEnd();
        return file.Name;
    }
}
