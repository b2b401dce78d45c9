using System.Text.Json;
using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;

namespace FeatureStore.DaprConformance.Rows;

/// <summary>
/// Of the rows of a store that is out of reach, the ETags, as the sidecar tells them: later steps name them. Without it
/// a row that a step shows would leave its ETag unknown.
/// </summary>
public sealed class ETags(HttpCaller caller) : IRows
{
    public async Task CompareAsync(Comparison comparison, JsonElement raw)
    {
        foreach (var row in raw.EnumerateObject().Where(r => r.Value.ValueKind is JsonValueKind.Object))
        {
            var reply = await caller.CallAsync("GET", $"/v1.0/state/store/{Uri.EscapeDataString(row.Name)}", [], null, CancellationToken.None);
            if (reply.Status == 200 && row.Value.TryGetProperty("etag", out var etag))
            {
                comparison.Text($"raw.{row.Name}.etag", etag.GetString()!, reply.Headers["ETag"]);
            }
        }
    }

    public Task CompareTablesAsync(Comparison comparison, JsonElement step) => Task.CompletedTask;

    public Task ExecuteAsync(IReadOnlyList<string> command) => throw new NotSupportedException();

    public ValueTask DisposeAsync()
    {
        caller.Dispose();
        return ValueTask.CompletedTask;
    }
}
