using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;

namespace FeatureStore.DaprConformance.Rows;

/// <summary>What a store holds behind the sidecar's back.</summary>
public interface IRows : IAsyncDisposable
{
    /// <summary>Compares the rows that a step's <c>raw</c> shows.</summary>
    Task CompareAsync(Comparison comparison, JsonElement raw);

    /// <summary>Compares the tables that a step shows, if the store has any.</summary>
    Task CompareTablesAsync(Comparison comparison, JsonElement step);

    /// <summary>Runs a command of the store's own.</summary>
    Task ExecuteAsync(IReadOnlyList<string> command);
}
