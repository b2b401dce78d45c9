using FeatureStore.Model;

namespace FeatureStore.History.Tests;

/// <summary>A history of a few views, events, and the sets that are cut of both.</summary>
internal sealed class TrainingStand : IDisposable
{
    private readonly Dictionary<string, ViewHistory> _history = [];

    public TrainingStand() => Files = new HistoryFiles(Folder.Path);

    public TemporaryFolder Folder { get; } = new();

    public HistoryFiles Files { get; }

    public IReadOnlyDictionary<string, ViewHistory> History => _history;

    public void Dispose()
    {
        Files.Dispose();
        Folder.Dispose();
    }

    /// <summary>Adds a view with one file a list of rows; its columns are those of the view.</summary>
    public void Add(FeatureView view, Entity entity, params IReadOnlyList<HistoryRow>[] files) =>
        Add(view, entity, [.. files.Select(rows => Files.Write(view.Name, [.. view.Features.Select(feature => (feature.Name, feature.Type.ToString()))], rows))]);

    public void Add(FeatureView view, Entity entity, IReadOnlyList<HistoryFile> files) => _history[view.Name] = new ViewHistory(view.Name, view, entity, files);

    public void AddUndeclared(string view, IReadOnlyList<HistoryFile> files) => _history[view] = new ViewHistory(view, null, null, files);

    /// <summary>Writes events as a query has them.</summary>
    public string Events(string query, TableFormat format = TableFormat.Parquet)
    {
        var path = Folder.File("events." + format);
        Files.Run($"COPY ({query}) TO {HistoryFiles.Text(path)} (FORMAT {(format == TableFormat.Parquet ? "parquet" : "csv, HEADER")})");
        return path;
    }

    public TrainingSetRequest Request(string events, params string[] features) => new()
    {
        EventsPath = events,
        EventsFormat = events.EndsWith("Csv", StringComparison.OrdinalIgnoreCase) ? TableFormat.Csv : TableFormat.Parquet,
        TimeColumn = "at",
        Features = [.. features.Select(text => FeatureReference.TryParse(text, out var reference) ? reference : throw new ArgumentException(text))],
        OutputPath = Folder.File("set.out"),
        OutputFormat = TableFormat.Parquet,
    };

    public Task<TrainingSetResult> CutAsync(TrainingSetRequest request, int threads = 2, IProgress<double>? progress = null, CancellationToken? cancellation = null) =>
        new TrainingSetCut(new TrainingSetOptions { Threads = threads, TemporaryFolder = Folder.File("spill") })
            .RunAsync(request, _history, progress, cancellation ?? Xunit.TestContext.Current.CancellationToken);

    /// <summary>The set that was written, one text a row.</summary>
    public IEnumerable<string> Set(TrainingSetRequest request, string columns = "*") =>
        Files.Query($"SELECT CAST(row({columns}) AS VARCHAR) FROM read_parquet({HistoryFiles.Text(request.OutputPath)})").Select(row => (string)row[0]!);
}
