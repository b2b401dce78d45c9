using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>Removes all rows of entities from history: the files that hold them are written anew without them.</summary>
public sealed class HistoryEraser(HistoryCatalog catalog, HistoryWriter writer, PartitionRewriter rewriter, ErasureList erased, DatabaseOptions options)
{
    /// <summary>Erases the rows of one entity. What is done twice finds nothing the second time.</summary>
    /// <param name="stateKeys">The state keys of its rows, one for each view.</param>
    /// <param name="until">Up to when the rows were accepted that are on their way still; those in files go whenever it was.</param>
    /// <param name="cancellationToken">Gives up. What was removed stays removed.</param>
    /// <returns>For each view, how many rows were removed from how many files.</returns>
    /// <exception cref="IOException">Not all could be removed. Doing it again goes on.</exception>
    public async Task<IReadOnlyList<ErasedView>> EraseAsync(IReadOnlyList<string> stateKeys, Timestamp until, CancellationToken cancellationToken)
    {
        erased.Add(stateKeys, until);
        await writer.SettleAsync(cancellationToken);
        using var turn = await rewriter.EnterAsync(cancellationToken);
        var done = new List<ErasedView>();
        foreach (var key in stateKeys)
        {
            var view = StateKey.ViewOf(key).ToString();
            var entityId = key[(view.Length + 1)..];
            var files = catalog.Files.GetValueOrDefault(view, []);
            var holding = files.IsEmpty ? [] : await Task.Run(() => Holding(files, entityId), cancellationToken);
            foreach (var (file, _) in holding)
            {
                await rewriter.RewriteAsync([file], $"{HistoryColumns.EntityId} <> {Sql.Text(entityId)}", cancellationToken);
            }

            done.Add(new ErasedView(view, holding.Sum(one => one.Rows), holding.Count));
        }

        return done;
    }

    /// <summary>Erases all rows of a view.</summary>
    /// <returns>How many rows were removed, in how many files.</returns>
    /// <exception cref="IOException">Not all could be removed. Doing it again goes on.</exception>
    public async Task<ErasedView> EraseViewAsync(string view, Timestamp until, CancellationToken cancellationToken)
    {
        erased.Add([view], until);
        await writer.SettleAsync(cancellationToken);
        using var turn = await rewriter.EnterAsync(cancellationToken);
        var files = catalog.Files.GetValueOrDefault(view, []);
        catalog.Replace([], files);
        return new ErasedView(view, files.Sum(file => file.Facts.Rows), files.Count);
    }

    private List<(HistoryFile File, long Rows)> Holding(IReadOnlyList<HistoryFile> files, string entityId)
    {
        try
        {
            using var connection = HistoryDatabase.Open(options, catalog.Folder);
            var found = connection.Query(
                $"""
                SELECT _file, count(*) FROM read_parquet({Sql.List(files.Select(file => file.Path))}, union_by_name = true, hive_partitioning = false, filename = '_file')
                WHERE {HistoryColumns.EntityId} = {Sql.Text(entityId)} GROUP BY _file
                """,
                row => (Path: row.GetString(0), Rows: row.GetInt64(1)));
            return found.ConvertAll(one => (files.First(file => file.Path == one.Path), one.Rows));
        }
        catch (DuckDBException e)
        {
            throw new IOException($"History cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>What was erased of one view.</summary>
/// <param name="View">The view.</param>
/// <param name="Rows">How many rows.</param>
/// <param name="Files">How many files were written anew without them.</param>
public sealed record ErasedView(string View, long Rows, int Files);
