using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;
using StackExchange.Redis;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays the state script on one store.</summary>
public static class StateRun
{
    public static async Task<FixtureReport> RunAsync(Fixture fixture, CancellationToken cancellationToken)
    {
        var report = new FixtureReport(fixture);
        var bindings = new Bindings();
        var folder = Directory.CreateTempSubdirectory("rows").FullName;
        var sqlite = Path.Combine(folder, "state.db");
        var external = ExternalSidecar.FromEnvironment();
        await using var redis = fixture.Name == "state-redis" && external is null
            ? await RedisServer.StartAsync() ?? throw new InvalidOperationException(RedisServer.Missing)
            : null;
        await using var sidecar = external ?? (ISidecar)await SidecarProcess.StartAsync(new SidecarSettings
        {
            Setups = [fixture.Name],
            Values = new Dictionary<string, string> { ["{redis}"] = redis?.Endpoint ?? "", ["{sqlite}"] = sqlite },
        });
        await using var rows = await RowsAsync(fixture.Name, external is null ? redis?.Endpoint : ExternalSidecar.Redis, external is null ? sqlite : ExternalSidecar.Sqlite);
        using var replay = new Replay(fixture, sidecar, bindings, rows);
        foreach (var step in fixture.Steps.Where(fixture.Included.Contains))
        {
            var comparison = step.Request is null ? new Comparison(bindings) : await replay.CallAsync(step, cancellationToken);
            if (rows is not null && step.Find("raw") is { } raw)
            {
                await rows.CompareAsync(comparison, raw);
            }

            if (rows is not null && step.Find("schema") is not null)
            {
                await rows.CompareTablesAsync(comparison, step.Json);
            }

            report.Add(step, comparison);
        }

        Directory.Delete(folder, recursive: true);
        return report;
    }

    private static async Task<IRows?> RowsAsync(string fixture, string? redis, string? sqlite) => fixture switch
    {
        "state-redis" when redis is not null => new RedisRows(await ConnectionMultiplexer.ConnectAsync(redis)),
        "state-sqlite" when sqlite is not null => new SqliteRows(sqlite),
        _ => null,
    };
}
