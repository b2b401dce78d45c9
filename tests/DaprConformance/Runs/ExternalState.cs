using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>A file of state steps on a sidecar that someone else started: its stores have to be empty, and are left empty.</summary>
public sealed class ExternalState(Fixture fixture, ExternalSidecar sidecar, IRows? rows) : IAsyncDisposable
{
    private const int Named = 10;

    private readonly HttpCaller _http = new(sidecar.Http, new Bindings(), sidecar.ApiToken);
    private readonly List<(string Store, string Key)> _keys = [.. StateKeys.Of(fixture).Where(k => sidecar.Has(k.Store))];

    /// <summary>Says so when the stores hold something already: hundreds of steps would differ for that alone.</summary>
    /// <exception cref="ExternalSidecarException">They do.</exception>
    public async Task ExpectEmptyAsync(CancellationToken cancellationToken)
    {
        var found = await FoundAsync(cancellationToken);
        if (found.Count > 0)
        {
            throw new ExternalSidecarException(
                $"{fixture.Name} was recorded from an empty store, and {found.Count} of its keys are there already: "
                + $"{string.Join(", ", found.Take(Named).Select(k => $"{k.Key} ({k.Store})"))}{(found.Count > Named ? ", …" : "")}. "
                + "A run that was broken off leaves such keys. Empty the store (redis-cli FLUSHDB, another SQLite file, a new start of the in-memory store).");
        }
    }

    /// <summary>Why a step is not replayed on this sidecar; null: it is.</summary>
    public string? WhyNot(Step step) =>
        StateKeys.StoreOf(step) is { } store && Fixture.HasSetup(fixture.Name, store) && !sidecar.Has(store) ? $"they call the component {store}, which the sidecar has not"
        : rows is null && (step.Request is null || fixture.Unrecorded.Any(u => u.IsFor(step) && u.Redis is not null))
            ? "they look into the store behind the sidecar's back, for which REDIS_ENDPOINT or SQLITE_PATH would say where it is"
        : null;

    /// <summary>Removes what the steps wrote.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var (store, key) in await FoundAsync(CancellationToken.None))
        {
            await _http.CallAsync("DELETE", PathOf(store, key), [], null, CancellationToken.None);
        }

        if (rows is not null)
        {
            foreach (var command in fixture.Unrecorded.SelectMany(u => u.Redis ?? []))
            {
                await rows.ExecuteAsync(["DEL", command[1]]);
            }
        }

        if (await FoundAsync(CancellationToken.None) is { Count: > 0 } left)
        {
            Console.WriteLine($"{fixture.Name}: these keys could not be removed: {string.Join(", ", left.Select(k => $"{k.Key} ({k.Store})"))}");
        }

        _http.Dispose();
    }

    private async Task<List<(string Store, string Key)>> FoundAsync(CancellationToken cancellationToken)
    {
        var found = new List<(string, string)>();
        foreach (var (store, key) in _keys)
        {
            // Whatever is answered but that there is nothing: a row that is none of the component's is an error.
            var reply = await _http.CallAsync("GET", PathOf(store, key), [], null, cancellationToken);
            if (reply.Status != 204)
            {
                found.Add((store, key));
            }
        }

        return found;
    }

    private static string PathOf(string store, string key) => $"/v1.0/state/{store}/{Uri.EscapeDataString(key)}";
}
