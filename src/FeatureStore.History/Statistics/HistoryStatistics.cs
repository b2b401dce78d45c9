using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>What history knows of each view, kept with its files; only entities are counted, and again only once there is something new.</summary>
public sealed class HistoryStatistics(HistoryCatalog catalog, DatabaseOptions options)
{
    private readonly Dictionary<string, (IReadOnlyList<HistoryFile> Files, long Entities)> _entities = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _one = new(1);

    /// <summary>What is known of every view that has history, by name.</summary>
    public async Task<IReadOnlyDictionary<string, ViewStatistics>> GetAsync(CancellationToken cancellationToken)
    {
        using var lease = catalog.Hold();
        var statistics = new SortedDictionary<string, ViewStatistics>(StringComparer.Ordinal);
        await _one.WaitAsync(cancellationToken);
        try
        {
            foreach (var (view, files) in lease.Files)
            {
                if (!_entities.TryGetValue(view, out var counted) || !ReferenceEquals(counted.Files, files))
                {
                    counted = (files, await Task.Run(() => Count(files), cancellationToken));
                    _entities[view] = counted;
                }

                statistics[view] = Of(files, counted.Entities);
            }
        }
        finally
        {
            _one.Release();
        }

        return statistics;
    }

    private static ViewStatistics Of(IReadOnlyList<HistoryFile> files, long entities) => new(
        files.Sum(file => file.Facts.Rows),
        entities,
        files.Count,
        files.Sum(file => file.Bytes),
        files.Select(file => file.Facts.OldestEvent).Min().ToString(),
        files.Select(file => file.Facts.NewestEvent).Max().ToString(),
        new SortedDictionary<string, FeatureStatistics>(
            files.SelectMany(file => file.Facts.Features).GroupBy(feature => feature.Key).ToDictionary(
                group => group.Key,
                group => new FeatureStatistics(
                    group.Sum(one => one.Value.Set),
                    Math.Round(group.Sum(one => one.Value.Null) / (double)group.Sum(one => one.Value.Set), 6),
                    group.Max(one => one.Value.NewestEvent ?? Timestamp.Earliest) is var newest && newest > Timestamp.Earliest ? newest.ToString() : null)),
            StringComparer.Ordinal));

    private long Count(IReadOnlyList<HistoryFile> files)
    {
        try
        {
            using var connection = HistoryDatabase.Open(options, catalog.Folder);
            return connection.Query($"SELECT count(DISTINCT {HistoryColumns.EntityId}) FROM {Sql.Rows(files)}", row => row.GetInt64(0))[0];
        }
        catch (DuckDBException e)
        {
            throw new IOException($"History cannot be read: {e.Message}", e);
        }
    }
}

/// <summary>What history knows of a view.</summary>
/// <param name="Rows">How many rows it keeps; the same row said again counts until files are put together.</param>
/// <param name="Entities">Of how many entities.</param>
/// <param name="Files">In how many files.</param>
/// <param name="Bytes">Of how many bytes.</param>
/// <param name="OldestEvent">The least event timestamp.</param>
/// <param name="NewestEvent">The greatest.</param>
/// <param name="Features">What it knows of each feature.</param>
public sealed record ViewStatistics(
    long Rows, long Entities, int Files, long Bytes, string OldestEvent, string NewestEvent, IReadOnlyDictionary<string, FeatureStatistics> Features);

/// <summary>What history knows of a feature.</summary>
/// <param name="Rows">How many rows set it.</param>
/// <param name="NullRate">The part of them, from 0 to 1, that sets it to null.</param>
/// <param name="NewestEvent">The greatest event timestamp of them.</param>
public sealed record FeatureStatistics(long Rows, double NullRate, string? NewestEvent);
