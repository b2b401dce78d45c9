using System.Text.Json;
using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Rows;
using FeatureStore.DaprConformance.Sidecars;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>One sidecar with its app and broker, as one part of a file was recorded; volatile names are its own.</summary>
public sealed class PubSubPhase : IAsyncDisposable
{
    /// <summary>daprd lists a subscription a moment before the broker has it.</summary>
    private static readonly TimeSpan Settling = TimeSpan.FromMilliseconds(500);

    private PubSubPhase(Fixture fixture, Bindings bindings, RecordedApp app, ISidecar sidecar, RedisStreams? streams)
    {
        Bindings = bindings;
        App = app;
        Sidecar = sidecar;
        Streams = streams;
        Replay = new Replay(fixture, sidecar, bindings);
    }

    public Bindings Bindings { get; }

    public RecordedApp App { get; }

    public ISidecar Sidecar { get; }

    public RedisStreams? Streams { get; }

    public Replay Replay { get; }

    public Lock Gate { get; } = new();

    /// <summary>Starts app and sidecar and waits until the app gets events.</summary>
    /// <param name="fixture">The file.</param>
    /// <param name="broker">Its Redis, if it has one.</param>
    /// <param name="setups">The folders of setups/.</param>
    /// <param name="subscriptions">The reply to <c>GET /dapr/subscribe</c>.</param>
    /// <param name="delivered">How many subscriptions the sidecar then has.</param>
    /// <param name="values">What stands for names in the setup.</param>
    /// <param name="flags">More of daprd's flags.</param>
    public static async Task<PubSubPhase> StartAsync(
        Fixture fixture,
        RedisServer? broker,
        IReadOnlyList<string> setups,
        AppReply subscriptions,
        int delivered,
        IReadOnlyDictionary<string, string>? values = null,
        IReadOnlyList<string>? flags = null)
    {
        var bindings = new Bindings();
        var streams = broker is null ? null : await RedisStreams.ConnectAsync(broker.Endpoint);
        if (streams is not null)
        {
            await streams.FlushAsync();
        }

        var app = await RecordedApp.StartAsync(FreePort.Next(), a => a.Subscriptions = subscriptions);
        bindings.Replace("127.0.0.1:3701", $"127.0.0.1:{app.Port}");
        var sidecar = await SidecarProcess.StartAsync(new SidecarSettings
        {
            AppPort = app.Port,
            Setups = setups,
            Values = new Dictionary<string, string>(values ?? new Dictionary<string, string>()) { ["{redis}"] = broker?.Endpoint ?? "" },
            Flags = flags ?? [],
        });
        var phase = new PubSubPhase(fixture, bindings, app, sidecar, streams);
        await Watch.UntilAsync(async () => delivered == 0 || (await phase.SubscriptionsAsync())?.GetArrayLength() >= delivered, CancellationToken.None);
        await Task.Delay(SidecarProcess.IsDevSidecar ? TimeSpan.Zero : Settling);
        return phase;
    }

    /// <summary>The same with a sidecar that is there already, and its app as it expects it.</summary>
    /// <exception cref="ExternalSidecarException">It does not come to its app, or is not as a recording starts.</exception>
    public static async Task<PubSubPhase> StartAsync(Fixture fixture, ExternalSidecar sidecar, AppReply subscriptions, int delivered)
    {
        var bindings = new Bindings();
        var streams = sidecar.Redis is null ? null : await RedisStreams.ConnectAsync(sidecar.Redis);
        if (streams is not null)
        {
            await streams.ExpectEmptyAsync();
        }

        var app = RecordedApp.For(sidecar, a => a.Subscriptions = subscriptions);
        await app.StartAsync();
        bindings.Replace("127.0.0.1:3701", $"{sidecar.AppAddress}:{app.Port}");
        var phase = new PubSubPhase(fixture, bindings, app, sidecar, streams);
        if (!await Watch.UntilAsync(async () => (await phase.SubscriptionsAsync())?.GetArrayLength() >= delivered, CancellationToken.None))
        {
            var asked = app.Calls.Any(c => c.Target == "/dapr/subscribe");
            var has = (await phase.SubscriptionsAsync())?.GetArrayLength() ?? 0;
            await phase.DisposeAsync();
            throw new ExternalSidecarException(
                $"The sidecar has {has} subscriptions, and should have {delivered}. "
                + (asked ? "Are the subscriptions of the setup loaded, and its pubsub reachable?"
                    : $"It did not ask this program, its app on port {app.Port}, for them. It asks an app once: start it anew, "
                    + $"with --app-port {app.Port} (another port: APP_PORT)."));
        }

        await Task.Delay(Settling);
        if (app.Calls.Where(c => !RecordedApp.IsOfSidecar(c)).Select(c => c.Path).Distinct().ToList() is { Count: > 0 } paths)
        {
            await phase.DisposeAsync();
            throw new ExternalSidecarException(
                $"{fixture.Name} was recorded from an empty broker, and events come to {string.Join(", ", paths)} before any was published. "
                + "Empty it (redis-cli FLUSHDB) and start the sidecar anew.");
        }

        return phase;
    }

    /// <summary>What the sidecar says it is subscribed to; null where it does not say.</summary>
    public async Task<JsonElement?> SubscriptionsAsync()
    {
        var reply = await Replay.Http.CallAsync("GET", "/v1.0/metadata", [], null, CancellationToken.None);
        using var document = JsonDocument.Parse(reply.Body);
        return document.RootElement.TryGetProperty("subscriptions", out var subscriptions) ? subscriptions.Clone() : null;
    }

    public async ValueTask DisposeAsync()
    {
        Replay.Dispose();
        await Sidecar.DisposeAsync();
        await App.DisposeAsync();
        if (Streams is not null)
        {
            await Streams.DisposeAsync();
        }
    }
}
