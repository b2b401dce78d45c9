using System.Text.Json;
using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays what a sidecar makes of a folder of resources: a sidecar each.</summary>
public static class ComponentsRun
{
    public static async Task RunAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var streams = await RedisStreams.ConnectAsync(redis.Endpoint);
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.StartsWith("components: ", StringComparison.Ordinal)))
        {
            await streams.FlushAsync();
            report.Add(step, await RunAsync(step, redis, streams, cancellationToken));
        }
    }

    private static async Task<Comparison> RunAsync(Step step, RedisServer redis, RedisStreams streams, CancellationToken cancellationToken)
    {
        var bindings = new Bindings();
        bindings.Replace("127.0.0.1:6390", redis.Endpoint);
        bindings.Replace("127.0.0.1:6399", $"127.0.0.1:{FreePort.Next()}");
        var of = new Comparison(bindings);
        await using var sidecar = await SidecarProcess.TryStartAsync(new SidecarSettings
        {
            Files = step.Find("files")!.Value.EnumerateObject().ToDictionary(f => f.Name, f => bindings.Fill(f.Value.GetString()!)),
            Environment = step.Find("environment")?.EnumerateObject().ToDictionary(e => e.Name, e => (string?)bindings.Fill(e.Value.GetString()!)) ?? [],
        });
        var ends = step.Find("exited")!.Value.GetBoolean();
        of.Text("exited", ends.ToString(), sidecar.Process.HasExited.ToString());
        if (sidecar.Process.HasExited)
        {
            of.Text("exit_code", step.Find("exit_code")!.Value.ToString(), (await sidecar.Process.WaitForExitAsync()).ToString(System.Globalization.CultureInfo.InvariantCulture));
            return of;
        }

        using var http = new HttpCaller(sidecar.Http, bindings);
        if (!ends)
        {
            of.Number("healthz", step.Find("healthz")!.Value.GetInt32(), (await http.CallAsync("GET", "/v1.0/healthz", [], null, cancellationToken)).Status);
            var metadata = await http.CallAsync("GET", "/v1.0/metadata", [], null, cancellationToken);
            var components = JsonDocument.Parse(metadata.Body).RootElement.GetProperty("components").EnumerateArray()
                .Select(c => $"{c.GetProperty("name").GetString()} {c.GetProperty("type").GetString()}").Order(StringComparer.Ordinal);
            of.Json("metadata_components", step.Find("metadata_components")!.Value, JsonSerializer.SerializeToElement(components));
            await ProbeAsync(step, of, http, streams, cancellationToken);
        }

        return of;
    }

    /// <summary>A call as it stands, or a save, whose key in Redis is told.</summary>
    private static async Task ProbeAsync(Step step, Comparison of, HttpCaller http, RedisStreams streams, CancellationToken cancellationToken)
    {
        if (step.Find("probe") is not { } probe)
        {
            return;
        }

        if (probe.ValueKind is JsonValueKind.Object)
        {
            var call = probe.EnumerateObject().Single();
            var reply = await http.CallAsync(call.Name.Split(' ')[0], call.Name.Split(' ')[1], [], null, cancellationToken);
            of.Number("probe.status", call.Value[0].GetInt32(), reply.Status);
            of.Body("probe.body", call.Value[1], reply.Body);
            return;
        }

        var stored = probe[1].ValueKind is JsonValueKind.Array ? probe[1][0].GetString()! : "app1||k";
        var body = JsonSerializer.SerializeToUtf8Bytes(new[] { new { key = stored[(stored.IndexOf("||", StringComparison.Ordinal) + 2)..], value = 1 } });
        var saved = await http.CallAsync("POST", "/v1.0/state/s", [("Content-Type", "application/json")], body, cancellationToken);
        of.Number("probe.status", probe[0].GetInt32(), saved.Status);
        of.Text("probe.key", "True", (await streams.Database.KeyExistsAsync(stored)).ToString());
    }
}
