using System.Globalization;
using System.Text;
using System.Text.Json;
using FeatureStore.Model;
using Xunit;
using static FeatureStore.History.Tests.Files.AcceptedRows;

namespace FeatureStore.History.Tests.Files;

/// <summary>Rows come back from files as they went in, whatever is done to the files meanwhile.</summary>
public sealed class HistoryFilesTests : IDisposable
{
    private static readonly FeatureView Things = View(
        null, ("a", "int64"), ("b", "string"), ("c", "float64"), ("d", "float32"), ("e", "bool"), ("f", "timestamp"), ("g", "bytes"), ("h", "json"), ("i", "list<string>"), ("j", "list<float64>"), ("k", "int32"));

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Values_keep_their_exact_text()
    {
        (string, string)[] values =
        [
            ("a", "9007199254740993"), ("a", "-0"), ("a", "\"5\""), ("a", "1.5"), ("b", "\"x\""), ("b", "\"ü\\u00fc\\\\ \\\"\""), ("b", "\"\\u0000\""), ("b", "\"\\ud800\""), ("b", "7"), ("c", "1.0"), ("c", "1"), ("c", "1e5"),
            ("c", "0.1000"), ("c", "1e-7"), ("c", "123456789012345678901234567890"), ("d", "0.1"), ("d", "0.123456789"), ("d", "16777217"), ("e", "true"), ("e", "\"yes\""), ("f", "\"2026-11-23T10:00:00.120Z\""),
            ("f", "\"2026-11-23T11:00:00+01:00\""), ("f", "\"never\""), ("g", "\"AAH/\""), ("g", "\"YQ==\""), ("g", "\"?\""), ("h", "{\"a\": [1.0, null]}"), ("h", "\"t\""), ("i", "[\"a\",\"b\"]"), ("i", "[ \"a\" ]"), ("i", "[\"\\n\"]"), ("i", "[1]"),
            ("j", "[1.5,2.0]"), ("j", "[1,2]"), ("j", "[]"), ("k", "2147483648"), ("k", "7"), ("undeclared", "{\"x\":1.50}"), ("näme \"\\", "[1]"), ("a", "null"), ("undeclared", "null"),
        ];
        using var catalog = HistoryCatalog.Open(_folder.File("history"));
        using (var writer = new HistoryWriter(catalog, new ErasureList(catalog, TimeProvider.System)))
        {
            // Some at once and some alone, so that files have other values in them.
            var rows = values.Select((value, i) => Row($"e{i:000}", i * 7_000_001, features: [value])).ToList();
            await writer.WriteAsync(rows[..20], Declared(Things), TestContext.Current.CancellationToken);
            foreach (var row in rows[20..])
            {
                await writer.WriteAsync([row], Declared(Things), TestContext.Current.CancellationToken);
            }
        }

        await CheckAsync();
        using var rewriter = new PartitionRewriter(catalog, new DatabaseOptions());
        await rewriter.RewriteAsync(catalog.Files["things"], null, TestContext.Current.CancellationToken);
        Assert.Single(catalog.Files["things"]);
        await CheckAsync();

        async Task CheckAsync()
        {
            using var lines = new MemoryStream();
            await new CurrentRows(catalog, new DatabaseOptions()).WriteAsync(AcceptedRows.Of(catalog, Things), null, lines, TestContext.Current.CancellationToken);
            var read = Encoding.UTF8.GetString(lines.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
            Assert.Equal(values.Length, read.Length);
            for (var i = 0; i < read.Length; i++)
            {
                using var row = JsonDocument.Parse(read[i]);
                var feature = row.RootElement.GetProperty("features").EnumerateObject().Single();
                Assert.Equal((values[i].Item1, values[i].Item2), (feature.Name, feature.Value.GetRawText()));
            }
        }
    }

    [Fact]
    public async Task What_is_known_of_files_is_true_of_their_rows_and_survives_a_start()
    {
        var rows = new List<AcceptedRow>
        {
            Row("x", 0, features: [("a", "1"), ("b", "null")]),
            Row("x", 5, features: [("a", "2"), ("b", "\"t\"")]),
            Row("y", 5, RowOperation.Replace, features: [("a", "null")]),
            Row("y", 9, RowOperation.Delete),
            Row("y", 10, RowOperation.Delete, features: [("a", "")]),
            Row("z", Day, ttl: 5_000_000, features: [("c", "1e3"), ("new", "1")]),
        };
        var root = _folder.File("history");
        RowFacts[] facts;
        using (var catalog = HistoryCatalog.Open(root))
        {
            using var writer = new HistoryWriter(catalog, new ErasureList(catalog, TimeProvider.System));
            await writer.WriteAsync(rows, Declared(Things), TestContext.Current.CancellationToken);
            facts = Facts(catalog);
            Check(facts, 1);
            Assert.Throws<IOException>(() => HistoryCatalog.Open(root));
        }

        await File.WriteAllTextAsync(Path.Combine(root, "view=things", "date=2026-01-01", "foreign.parquet"), "no such thing", TestContext.Current.CancellationToken);
        using (var catalog = HistoryCatalog.Open(root))
        {
            Assert.Equal(JsonSerializer.Serialize(facts), JsonSerializer.Serialize(Facts(catalog)));
            Assert.Equal("foreign.parquet", Path.GetFileName(Assert.Single(catalog.Strangers)));

            // All of it once more; put together it is the same again.
            using var writer = new HistoryWriter(catalog, new ErasureList(catalog, TimeProvider.System));
            await writer.WriteAsync([.. rows.Select(row => row with { AcceptedAt = row.AcceptedAt.Plus(77) })], Declared(Things), TestContext.Current.CancellationToken);
            Assert.Equal(12, catalog.Files["things"].Sum(file => file.Facts.Rows));
            using var rewriter = new PartitionRewriter(catalog, new DatabaseOptions());
            foreach (var day in catalog.Files["things"].GroupBy(file => file.Date).ToList())
            {
                await rewriter.RewriteAsync([.. day], null, TestContext.Current.CancellationToken);
            }

            Check(Facts(catalog), 1);
        }

        static RowFacts[] Facts(HistoryCatalog catalog) => [.. catalog.Files["things"].OrderBy(file => file.Date).Select(file => file.Facts)];

        static void Check(RowFacts[] facts, int times)
        {
            Assert.Equal((5, 1), (facts[0].Rows, facts[1].Rows));
            Assert.Equal((new Timestamp(Start), new Timestamp(Start + 10)), (facts[0].OldestEvent, facts[0].NewestEvent));
            Assert.Equal(
                ["delete [\"a\"]", "delete []", "merge [\"a\",\"b\"]", "replace [\"a\"]"],
                facts[0].Patterns!.Select(pattern => $"{pattern.Operation} {pattern.Present}").Order(StringComparer.Ordinal));
            Assert.Equal((true, false, true), (facts[0].IsUnique, facts[0].HasText, facts[1].HasText));
            Assert.Equal(new FeatureFacts(3, 1, new Timestamp(Start + 5)), facts[0].Features["a"]);
            Assert.Equal(new FeatureFacts(2, 1, new Timestamp(Start + 5)), facts[0].Features["b"]);
            Assert.Equal(new FeatureFacts(1, 0, new Timestamp(Start + Day)), facts[1].Features["new"]);
            Assert.Equal("DOUBLE", facts[1].Columns["c"]);
        }
    }

    [Fact]
    public async Task A_file_that_was_replaced_is_there_for_as_long_as_somebody_reads_it()
    {
        var root = _folder.File("history");
        using (var catalog = HistoryCatalog.Open(root))
        {
            using var writer = new HistoryWriter(catalog, new ErasureList(catalog, TimeProvider.System));
            await writer.WriteAsync([Row("x", 0, features: [("a", "1")])], Declared(Things), TestContext.Current.CancellationToken);
            await writer.WriteAsync([Row("x", 1, features: [("a", "2")])], Declared(Things), TestContext.Current.CancellationToken);
            var before = catalog.Files["things"];
            using var rewriter = new PartitionRewriter(catalog, new DatabaseOptions());
            var lease = catalog.Hold();
            await rewriter.RewriteAsync(before, null, TestContext.Current.CancellationToken);
            Assert.Equal(before, lease.Files["things"]);
            Assert.All(before, file => Assert.True(File.Exists(file.Path)));

            // As after a death in between: old files beside the one that replaces them.
            before.ForEach(file => File.Copy(file.Path, file.Path + ".kept"));
            lease.Dispose();
            Assert.All(before, file => Assert.False(File.Exists(file.Path)));
            before.ForEach(file => File.Move(file.Path + ".kept", file.Path));
        }

        using (var catalog = HistoryCatalog.Open(root))
        {
            Assert.Equal(2, Assert.Single(catalog.Files["things"]).Facts.Rows);
            Assert.Single(Directory.GetFiles(root, "*.parquet", SearchOption.AllDirectories));
        }
    }

    [Fact]
    public async Task What_was_erased_while_somebody_read_it_does_not_come_back_with_a_start()
    {
        var root = _folder.File("history");
        using (var catalog = HistoryCatalog.Open(root))
        {
            var erased = new ErasureList(catalog, TimeProvider.System);
            using var writer = new HistoryWriter(catalog, erased);
            await writer.WriteAsync([Row("x", 0, features: [("b", "\"secret\"")]), Row("y", Day, features: [("a", "1")])], Declared(Things), TestContext.Current.CancellationToken);
            using var rewriter = new PartitionRewriter(catalog, new DatabaseOptions());
            _ = catalog.Hold();
            await new HistoryEraser(catalog, writer, rewriter, erased, new DatabaseOptions()).EraseAsync(["things/x"], new Timestamp(Start + Day), TestContext.Current.CancellationToken);
            // Its reader still has it when the process dies.
            Assert.Equal(2, Directory.GetFiles(root, "*.parquet", SearchOption.AllDirectories).Length);
        }

        using (var catalog = HistoryCatalog.Open(root))
        {
            Assert.Equal(["y"], await new HistoryEntities(catalog, new DatabaseOptions()).ListAsync("things", "", 10, TestContext.Current.CancellationToken));
        }

        Assert.Single(Directory.GetFiles(root, "*.parquet", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task Whom_was_erased_is_in_no_file_and_comes_back_by_nothing_that_was_on_its_way()
    {
        var root = _folder.File("history");
        using (var catalog = HistoryCatalog.Open(root))
        {
            var erased = new ErasureList(catalog, TimeProvider.System);
            using var writer = new HistoryWriter(catalog, erased);
            await writer.WriteAsync(
                [Row("x", 0, features: [("b", "\"secret\"")]), Row("y", 0, features: [("a", "1")]), Row("x", Day, features: [("a", "2")])], Declared(Things), TestContext.Current.CancellationToken);
            using var rewriter = new PartitionRewriter(catalog, new DatabaseOptions());
            var eraser = new HistoryEraser(catalog, writer, rewriter, erased, new DatabaseOptions());
            var until = new Timestamp(Start + (2 * Day));
            Assert.Equal([new ErasedView("things", 2, 2)], await eraser.EraseAsync(["things/x"], until, TestContext.Current.CancellationToken));
            Assert.Equal([new ErasedView("things", 0, 0)], await eraser.EraseAsync(["things/x"], until, TestContext.Current.CancellationToken));
            Assert.Equal(["y"], await new HistoryEntities(catalog, new DatabaseOptions()).ListAsync("things", "", 10, TestContext.Current.CancellationToken));
        }

        Assert.All(Directory.GetFiles(root, "*.parquet", SearchOption.AllDirectories), file => Assert.DoesNotContain("secret", File.ReadAllText(file, Encoding.Latin1), StringComparison.Ordinal));
        using (var catalog = HistoryCatalog.Open(root))
        {
            using var writer = new HistoryWriter(catalog, new ErasureList(catalog, TimeProvider.System));
            await writer.WriteAsync(
                [Row("x", 5, accepted: 2 * Day, features: [("a", "1")]), Row("x", 6, accepted: (2 * Day) + 1, features: [("a", "3")]), Row("xx", 5, features: [("a", "1")])], Declared(Things), TestContext.Current.CancellationToken);
            Assert.Equal(["x", "xx", "y"], await new HistoryEntities(catalog, new DatabaseOptions()).ListAsync("things", "", 10, TestContext.Current.CancellationToken));
            Assert.Equal(3, catalog.Files["things"].Sum(file => file.Facts.Rows));
        }
    }
}
