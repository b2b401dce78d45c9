using System.Globalization;
using DuckDB.NET.Data;
using FeatureStore.Faults.Load;
using FeatureStore.Faults.Rows;
using FeatureStore.History;

namespace FeatureStore.Faults.Checking;

/// <summary>
/// Reads each file of history as soon as it can be seen. Whatever has the name of one is whole, holds rows that somebody sent, and
/// goes away only when others hold them.
/// </summary>
internal sealed class HistoryLooker : IAsyncDisposable
{
    private static readonly string Columns = string.Join(
        ", ",
        HistoryColumns.EntityId, HistoryColumns.Operation, $"epoch_us({HistoryColumns.EventTimestamp})", $"epoch_us({HistoryColumns.CreatedTimestamp})",
        HistoryColumns.Ttl, HistoryColumns.Present, HistoryColumns.Text, $"epoch_us({HistoryColumns.AcceptedTimestamp})", HistoryColumns.EventId, HistoryColumns.Hash);

    private readonly DirectoryInfo _copies = Directory.CreateTempSubdirectory("faults-history-");
    private readonly DuckDBConnection _connection = new("DataSource=:memory:;threads=1");
    private readonly HashSet<string> _looked = [];
    private readonly HashSet<HistoryRow> _seen = [];
    private readonly HashSet<HistoryRow> _invented = [];
    private readonly CancellationTokenSource _stopping = new();
    private readonly string _root;
    private readonly Histories _histories;
    private readonly Task _looking;

    /// <summary>Begins to look.</summary>
    /// <param name="root">The folder of history.</param>
    /// <param name="histories">What was sent, and what is found wrong.</param>
    public HistoryLooker(string root, Histories histories)
    {
        (_root, _histories) = (root, histories);
        _connection.Open();
        _looking = LookAsync();
    }

    /// <summary>How many files were looked at.</summary>
    public int Files => _looked.Count;

    /// <summary>How many files there were in the end.</summary>
    public int FilesLeft { get; private set; }

    /// <summary>How many rows are owed that were in none of the files.</summary>
    public int Missing => _histories.Logged.CountMissing(_seen);

    /// <summary>Looks no longer, and reads all that lies there: it has to hold what is owed, and what was there before.</summary>
    public async Task CheckAsync()
    {
        await StopAsync();
        HashSet<HistoryRow> found;
        do
        {
            found = [];
        }
        while (!await Task.Run(() => TryReadAll(found)));

        _histories.Report(_histories.Logged.Missing(found));
        _histories.Report(_seen.Except(found).Where(row => row.Stamp != default).Select(
            row => new Finding(FindingKind.MissingInHistory, row.Entity, $"Was there and has gone: {row}", "")));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _connection.Dispose();
        _copies.Delete(recursive: true);
        _stopping.Dispose();
    }

    private async Task StopAsync()
    {
        await _stopping.CancelAsync();
        await _looking;
    }

    private async Task LookAsync()
    {
        while (!_stopping.IsCancellationRequested)
        {
            await Task.Run(Look);
            await Task.WhenAny(Task.Delay(20, _stopping.Token));
        }
    }

    private void Look()
    {
        foreach (var path in Paths().Where(path => !_looked.Contains(path)))
        {
            if (TryRead(path, _seen))
            {
                _looked.Add(path);
            }
        }
    }

    /// <returns>False if a file went away meanwhile, so that its rows may be in one that was not there yet.</returns>
    private bool TryReadAll(HashSet<HistoryRow> found)
    {
        var paths = Paths();
        FilesLeft = paths.Count;
        return paths.TrueForAll(path => TryRead(path, found));
    }

    private List<string> Paths() => Directory.Exists(_root)
        ? [.. Directory.EnumerateDirectories(_root, "view=*").SelectMany(view => Directory.EnumerateFiles(view, "*.parquet", SearchOption.AllDirectories)).Order(StringComparer.Ordinal)]
        : [];

    /// <returns>False if there is no such file any more.</returns>
    private bool TryRead(string path, HashSet<HistoryRow> found)
    {
        // Once it is open nobody can take it away, so that whatever is wrong is wrong with the file.
        var copy = Path.Combine(_copies.FullName, "look.parquet");
        try
        {
            using var source = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var target = File.Create(copy);
            source.CopyTo(target);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }

        try
        {
            using var command = _connection.CreateCommand();
            command.CommandText = $"SELECT {Columns} FROM read_parquet('{copy}', union_by_name = true, hive_partitioning = false)";
            using var reader = command.ExecuteReader();
            while (reader.Read())
            {
                Add(path, reader, found);
            }
        }
        catch (DuckDBException e)
        {
            _histories.Report([new Finding(FindingKind.TornInHistory, path, $"{new FileInfo(copy).Length} bytes: {e.Message}", "")]);
        }

        return true;
    }

    private void Add(string path, System.Data.Common.DbDataReader reader, HashSet<HistoryRow> found)
    {
        var row = new HistoryRow(
            reader.GetString(0), reader.GetString(1), new RowStamp(reader.GetInt64(2), reader.GetInt64(3)),
            reader.IsDBNull(4) ? null : reader.GetInt64(4), reader.GetString(5), reader.IsDBNull(6) ? null : reader.GetString(6));
        var day = DateTime.UnixEpoch.AddMicroseconds(row.Stamp.Event).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
        var isInPlace = path.StartsWith(Path.Combine(_root, $"view={WrittenRow.View}", $"date={day}"), StringComparison.Ordinal);
        if ((!_histories.Logged.Add(row, found) || !isInPlace) && _invented.Add(row))
        {
            _histories.Report([new Finding(FindingKind.InventedInHistory, row.Entity, $"Nobody sent the row, or it lies in the wrong place, {path}: {row}", "")]);
        }
    }
}
