using System.Globalization;
using System.Text;
using FeatureStore.Model;
using Microsoft.Extensions.Time.Testing;
using Xunit;
using static FeatureStore.History.Tests.Files.AcceptedRows;

namespace FeatureStore.History.Tests.Files;

/// <summary>What retention drops changes no answer at any moment that is kept.</summary>
public sealed class RetentionTests : IDisposable
{
    private const int Days = 12;
    private const int Kept = 4;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public async Task Training_sets_of_what_is_kept_stay_the_same(int seed)
    {
        var random = new Random(seed);
        var view = View(TimeSpan.FromDays(Kept), ("a", "int64"), ("b", "int64"));
        var rows = Enumerable.Range(0, 400).Select(_ => Random(random)).ToList();
        using var catalog = HistoryCatalog.Open(_folder.File("history"));
        using var writer = new HistoryWriter(catalog, new ErasureList(catalog, TimeProvider.System));
        foreach (var some in rows.Chunk(150))
        {
            await writer.WriteAsync(some, Declared(view), TestContext.Current.CancellationToken);
        }

        var before = await SetAsync("before");
        var now = new FakeTimeProvider(DateTimeOffset.UnixEpoch + TimeSpan.FromMicroseconds(Start + (Days * Day) + 1));
        using var rewriter = new PartitionRewriter(catalog, new DatabaseOptions());
        var retention = new HistoryRetention(catalog, rewriter, new DatabaseOptions(), now);
        var dropped = await retention.DropAsync(view, TestContext.Current.CancellationToken);
        Assert.True(dropped > 50, $"only {dropped} rows were dropped");
        Assert.Equal(rows.Count - dropped, catalog.Files["things"].Sum(file => file.Facts.Rows));
        Assert.Equal(before, await SetAsync("after"));
        // What hid a row that is gone now hides nothing, and goes the next time.
        Assert.True(await retention.DropAsync(view, TestContext.Current.CancellationToken) < dropped / 10);
        Assert.Equal(before, await SetAsync("again"));

        async Task<string> SetAsync(string name)
        {
            var events = new StringBuilder("id,t\n");
            for (var at = (Days - Kept) * Day; at <= (Days + 3) * Day; at += Day / 5)
            {
                for (var entity = 0; entity < 8; entity++)
                {
                    events.Append(CultureInfo.InvariantCulture, $"e{entity},{Time(at)}\n");
                }
            }

            await File.WriteAllTextAsync(_folder.File("events.csv"), events.ToString(), TestContext.Current.CancellationToken);
            return await CutAsync(name, TimeSpan.Zero) + await CutAsync(name, TimeSpan.FromHours(20));
        }

        // With a lag an older row answers for longer.
        async Task<string> CutAsync(string name, TimeSpan lag)
        {
            await new TrainingSetCut(new TrainingSetOptions { TemporaryFolder = _folder.File("spill") }).RunAsync(
                new TrainingSetRequest
                {
                    EventsPath = _folder.File("events.csv"),
                    EventsFormat = TableFormat.Csv,
                    TimeColumn = "t",
                    Lags = new Dictionary<string, TimeSpan> { ["things"] = lag },
                    Features = [new("things", "a"), new("things", "b")],
                    OutputPath = _folder.File(name),
                    OutputFormat = TableFormat.Csv,
                },
                new Dictionary<string, ViewHistory> { ["things"] = AcceptedRows.Of(catalog, view) }, null, TestContext.Current.CancellationToken);
            return await File.ReadAllTextAsync(_folder.File(name), TestContext.Current.CancellationToken);
        }
    }

    private static AcceptedRow Random(Random random)
    {
        var operation = random.Next(8) switch { 0 => RowOperation.Delete, 1 => RowOperation.Replace, _ => RowOperation.Merge };
        (string, string)[] features = random.Next(4) switch
        {
            0 => [("a", Number())],
            1 => [("b", Number())],
            2 when operation == RowOperation.Delete => [],
            _ => [("a", Number()), ("b", Number())],
        };
        long? ttl = operation == RowOperation.Delete || random.Next(3) == 0 ? null : random.NextInt64(1, 6 * Day);
        var row = Row($"e{random.Next(8)}", random.NextInt64(Days * Day), operation, ttl, null, features);
        // Half of them were loaded at once, later.
        var loaded = new Timestamp(Start + (Days * Day));
        return random.Next(2) == 0 ? row : row with { Stamp = row.Stamp with { Created = loaded }, AcceptedAt = loaded };

        string Number() => random.Next(1000).ToString(CultureInfo.InvariantCulture);
    }
}
