using FeatureStore.DaprConformance.Calls;
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
        if (ExternalSidecar.Current is { } external)
        {
            await using var found = await RowsAsync(fixture.Name, external.Redis, external.Sqlite);
            await using var state = new ExternalState(fixture, external, found);
            await state.ExpectEmptyAsync(cancellationToken);
            await using var etags = new ETags(new HttpCaller(external.Http, new Bindings(), external.ApiToken));
            await RunAsync(fixture, external, found ?? (fixture.Name == "state-sqlite" ? etags : null), state.WhyNot, report, cancellationToken);
            if (found is null && fixture.Name != "state-in-memory")
            {
                report.Note("What the sidecar wrote was not compared: REDIS_ENDPOINT or SQLITE_PATH would say where it is.");
            }

            return report;
        }

        var folder = Directory.CreateTempSubdirectory("rows").FullName;
        var sqlite = Path.Combine(folder, "state.db");
        await using var redis = fixture.Name == "state-redis" ? await RedisServer.StartAsync() ?? throw new InvalidOperationException(RedisServer.Missing) : null;
        await using (var sidecar = await SidecarProcess.StartAsync(new SidecarSettings
        {
            Setups = [fixture.Name],
            Values = new Dictionary<string, string> { ["{redis}"] = redis?.Endpoint ?? "", ["{sqlite}"] = sqlite },
        }))
        {
            await using var rows = await RowsAsync(fixture.Name, redis?.Endpoint, sqlite);
            await RunAsync(fixture, sidecar, rows, _ => null, report, cancellationToken);
        }

        Directory.Delete(folder, recursive: true);
        return report;
    }

    private static async Task RunAsync(
        Fixture fixture, ISidecar sidecar, IRows? rows, Func<Step, string?> whyNot, FixtureReport report, CancellationToken cancellationToken)
    {
        var bindings = new Bindings();
        using var replay = new Replay(fixture, sidecar, bindings, rows);
        foreach (var step in fixture.Steps.Where(fixture.Included.Contains))
        {
            if (whyNot(step) is { } reason)
            {
                report.NotReplayed(step, reason);
                continue;
            }

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
    }

    private static async Task<IRows?> RowsAsync(string fixture, string? redis, string? sqlite) => fixture switch
    {
        "state-redis" when redis is not null => new RedisRows(await ConnectionMultiplexer.ConnectAsync(redis)),
        "state-sqlite" when sqlite is not null => new SqliteRows(sqlite),
        _ => null,
    };
}
