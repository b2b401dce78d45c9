using System.Text.Json;
using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>Writes rows into files of history, one for each view and day, that are on disk when it returns.</summary>
public sealed class HistoryWriter(HistoryCatalog catalog, ErasureList erased) : IDisposable
{
    private readonly DuckDBConnection _connection = HistoryDatabase.Open("threads=1");
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>DuckDB reads in pieces of twice as much as the longest line may have: few for the usual lines, and not more than it takes for long ones.</summary>
    private const int LeastObjectBytes = 256 * 1024;

    /// <summary>Writes rows.</summary>
    /// <param name="rows">The rows, of any views and times.</param>
    /// <param name="registry">What is declared: declared features have columns of their types.</param>
    /// <param name="cancellationToken">Gives up, and nothing of it is written.</param>
    /// <exception cref="IOException">It could not be written. Some of it may have been; writing it again is harmless.</exception>
    public async Task WriteAsync(IReadOnlyList<AcceptedRow> rows, Registry registry, CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        try
        {
            // Looked at here, and not before its turn: what is erased meanwhile is then seen.
            await Task.Run(() => Write(Stages(rows, registry), cancellationToken), cancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Waits until what is being written is among the files of the catalog.</summary>
    internal async Task SettleAsync(CancellationToken cancellationToken)
    {
        await _one.WaitAsync(cancellationToken);
        _one.Release();
    }

    private SortedDictionary<(string View, DateOnly Date), RowStage> Stages(IReadOnlyList<AcceptedRow> rows, Registry registry)
    {
        var stages = new SortedDictionary<(string View, DateOnly Date), RowStage>();
        foreach (var row in rows.Where(row => !erased.Covers(row.StateKey, row.AcceptedAt)))
        {
            var key = (StateKey.ViewOf(row.StateKey).ToString(), DateOnly.FromDateTime(row.Stamp.Event.ToDateTimeOffset().UtcDateTime));
            if (!stages.TryGetValue(key, out var stage))
            {
                stages.Add(key, stage = new RowStage(key.Item1, registry.Views.GetValueOrDefault(key.Item1)));
            }

            stage.Add(row);
        }

        return stages;
    }

    public void Dispose()
    {
        _connection.Dispose();
        _one.Dispose();
    }

    private void Write(SortedDictionary<(string View, DateOnly Date), RowStage> stages, CancellationToken cancellationToken)
    {
        var written = new List<(string Temporary, HistoryFile File)>();
        var lines = catalog.Folder.Temporary(".ndjson");
        try
        {
            foreach (var ((view, date), stage) in stages)
            {
                cancellationToken.ThrowIfCancellationRequested();
                File.WriteAllBytes(lines, stage.Lines.Span);
                var temporary = catalog.Folder.Temporary(".parquet");
                var facts = stage.Facts;
                written.Add((temporary, new HistoryFile(catalog.Folder.PathOf(view, date, HistoryFolder.NewName()), view, date, 0, facts)));
                _connection.Execute(Copy(lines, stage.LongestLine, temporary, facts), CancellationToken.None);
            }

            cancellationToken.ThrowIfCancellationRequested();
            catalog.Add(written);
        }
        catch (DuckDBException e)
        {
            throw new IOException($"Rows could not be written: {e.Message}", e);
        }
        finally
        {
            foreach (var path in written.Select(file => file.Temporary).Append(lines))
            {
                File.Delete(path);
            }
        }
    }

    private static string Copy(string lines, int longest, string target, RowFacts facts)
    {
        var read = new List<string>
        {
            $"{HistoryColumns.EntityId}: 'VARCHAR'", $"{HistoryColumns.Operation}: 'VARCHAR'", $"{HistoryColumns.EventTimestamp}: 'BIGINT'",
            $"{HistoryColumns.CreatedTimestamp}: 'BIGINT'", $"{HistoryColumns.AcceptedTimestamp}: 'BIGINT'", $"{HistoryColumns.Ttl}: 'BIGINT'",
            $"{HistoryColumns.EventId}: 'VARCHAR'", $"{HistoryColumns.Present}: 'VARCHAR'", $"{HistoryColumns.Text}: 'VARCHAR'",
            $"{HistoryColumns.Hash}: 'UBIGINT'",
        };
        read.AddRange(facts.Columns.Select(column => $"{Sql.Name(column.Key)}: {Sql.Text(ReadType(column.Value))}"));
        var select = new List<string>
        {
            HistoryColumns.EntityId, HistoryColumns.Operation,
            $"make_timestamptz({HistoryColumns.EventTimestamp}) AS {HistoryColumns.EventTimestamp}",
            $"make_timestamptz({HistoryColumns.CreatedTimestamp}) AS {HistoryColumns.CreatedTimestamp}",
            $"make_timestamptz({HistoryColumns.AcceptedTimestamp}) AS {HistoryColumns.AcceptedTimestamp}",
            HistoryColumns.Ttl, HistoryColumns.EventId, HistoryColumns.Present, HistoryColumns.Text, HistoryColumns.Hash,
        };
        select.AddRange(facts.Columns.Select(column => Converted(Sql.Name(column.Key), column.Value)));
        return $"""
            COPY (
              SELECT {string.Join(", ", select)}
              FROM read_json({Sql.Text(lines)}, format = 'newline_delimited', maximum_object_size = {Sql.Number(Math.Max(longest + 1, LeastObjectBytes))}, columns = {"{"}{string.Join(", ", read)}{"}"})
              ORDER BY {HistoryColumns.EntityId}, make_timestamptz({HistoryColumns.EventTimestamp}), {HistoryColumns.CreatedTimestamp}, {HistoryColumns.Hash}
            ) TO {Sql.Text(target)} ({HistoryDatabase.ParquetOptions(facts)})
            """;
    }

    /// <summary>What the lines have where DuckDB is to make the column's type of it.</summary>
    private static string ReadType(string type) => type
        .Replace("BLOB", "VARCHAR", StringComparison.Ordinal).Replace("TIMESTAMP WITH TIME ZONE", "BIGINT", StringComparison.Ordinal);

    private static string Converted(string name, string type) => type switch
    {
        "BLOB" => $"from_base64({name}) AS {name}",
        "BLOB[]" => $"list_transform({name}, lambda x: from_base64(x)) AS {name}",
        "TIMESTAMP WITH TIME ZONE" => $"make_timestamptz({name}) AS {name}",
        "TIMESTAMP WITH TIME ZONE[]" => $"list_transform({name}, lambda x: make_timestamptz(x)) AS {name}",
        _ => name,
    };
}
