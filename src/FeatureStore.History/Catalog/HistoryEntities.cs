using DuckDB.NET.Data;

namespace FeatureStore.History;

/// <summary>Which entities have history.</summary>
public sealed class HistoryEntities(HistoryCatalog catalog, DatabaseOptions options)
{
    /// <summary>Some entities of a view, in order.</summary>
    /// <param name="view">The view.</param>
    /// <param name="after">The entity behind which to begin, as <see cref="HistoryColumns.EntityId"/> has it; empty for the first.</param>
    /// <param name="limit">How many at the most.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="IOException">History cannot be read.</exception>
    public async Task<IReadOnlyList<string>> ListAsync(string view, string after, int limit, CancellationToken cancellationToken)
    {
        using var lease = catalog.Hold();
        if (lease.Files.GetValueOrDefault(view) is not { } files)
        {
            return [];
        }

        try
        {
            return await Task.Run(
                () =>
                {
                    using var connection = HistoryDatabase.Open(options, catalog.Folder);
                    return connection.Query(
                        $"SELECT DISTINCT {HistoryColumns.EntityId} FROM {Sql.Rows(files)} WHERE {HistoryColumns.EntityId} > {Sql.Text(after)} ORDER BY 1 LIMIT {Sql.Number(limit)}",
                        row => row.GetString(0));
                },
                cancellationToken);
        }
        catch (DuckDBException e)
        {
            throw new IOException($"The history of view {view} cannot be read: {e.Message}", e);
        }
    }
}
