namespace FeatureStore.Cli.Tests.Ingest;

/// <summary>Which files a command line names, and in which order.</summary>
public sealed class FilesTests
{
    private static async Task<(string[] Ids, CommandLine Run)> IngestAsync(params string[] files)
    {
        await using var service = await StandInService.StartAsync();
        var run = await CommandLine.RunAsync(["ingest", .. files, "--id", "id", "--endpoint", service.Address]);
        return ([.. service.Rows.Select(row => row.Split('"')[3])], run);
    }

    private static string Parquet(TemporaryFolder folder, string name) => folder.Parquet(name, $"SELECT '{name}' AS id, 1 AS v");

    [Fact]
    public async Task APatternFindsFilesInEveryDepthInOrder()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["b.parquet", "a/z.parquet", "a/b/c.parquet", "c.csv"])
        {
            Parquet(folder, name);
        }

        var (ids, run) = await IngestAsync(Path.Combine(folder.Path, "**/*.parquet"));
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(["a/b/c.parquet", "a/z.parquet", "b.parquet"], ids);
        (ids, _) = await IngestAsync(Path.Combine(folder.Path, "*.parquet"));
        Assert.Equal(["b.parquet"], ids);
        (ids, _) = await IngestAsync(Path.Combine(folder.Path, "a*/*.parquet"), Path.Combine(folder.Path, "a/z.parquet"));
        Assert.Equal(["a/z.parquet"], ids);
    }

    [Fact]
    public async Task APatternMatchesFilesOfEveryFormat()
    {
        using var folder = new TemporaryFolder();
        Parquet(folder, "b.parquet");
        folder.Write("a.csv", "id,v\na.csv,1\n");
        folder.Write("c.ndjson", "{\"id\":\"c.ndjson\",\"v\":1}\n");
        var (ids, run) = await IngestAsync(Path.Combine(folder.Path, "*"));
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(["a.csv", "b.parquet", "c.ndjson"], ids);
    }

    [Fact]
    public async Task AFolderIsItsParquetFilesWithoutWhatToolsKeepThere()
    {
        using var folder = new TemporaryFolder();
        foreach (var name in (string[])["part-1.parquet", "part-0.parquet", "day=2/part-0.parquet", "_temporary/part-9.parquet", ".part.parquet"])
        {
            Parquet(folder, name);
        }

        folder.Write("_SUCCESS", "");
        folder.Write("notes.csv", "id\n");
        var (ids, run) = await IngestAsync(folder.Path);
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(["day=2/part-0.parquet", "part-0.parquet", "part-1.parquet"], ids);
    }

    [Fact]
    public async Task AFolderWithoutParquetIsRefused()
    {
        using var folder = new TemporaryFolder();
        folder.Write("notes.csv", "id\n");
        var (_, run) = await IngestAsync(folder.Path);
        Assert.Equal(2, run.Exit);
        Assert.Contains("is a folder without .parquet files. Name other files in it, or a pattern in quotes such as", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AFileThatIsThereIsNoPattern()
    {
        using var folder = new TemporaryFolder();
        Parquet(folder, "a1.parquet");
        File.Move(Parquet(folder, "other.parquet"), Path.Combine(folder.Path, "a[1]*?.parquet"));
        var (ids, run) = await IngestAsync(Path.Combine(folder.Path, "a[1]*?.parquet"));
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(["other.parquet"], ids);
    }

    /// <summary>Only what is needed is read: the pages of the other columns are not even there.</summary>
    [Fact]
    public async Task ColumnsThatAreNotNeededAreNotRead()
    {
        using var folder = new TemporaryFolder();
        var file = folder.Parquet("in.parquet", "SELECT range::VARCHAR AS id, md5(range::VARCHAR) AS big, 1 AS v FROM range(1000)");
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        var at = bytes.AsSpan().IndexOf("cfcd208495d565ef66e7dff9f98764da"u8);
        Assert.True(at > 0, "The text of the column is to be found in the file.");
        bytes.AsSpan(at, 8_000).Fill(0xFF);
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        await using var service = await StandInService.StartAsync();
        var all = await CommandLine.RunAsync(["ingest", file, "--id", "id", "--endpoint", service.Address]);
        Assert.NotEqual(0, all.Exit);
        var some = await CommandLine.RunAsync(["ingest", file, "--id", "id", "--column", "v", "--endpoint", service.Address]);
        Assert.True(some.Exit == 0, some.Error);
        Assert.Equal(1000, service.Requests.Last().Length);
    }
}
