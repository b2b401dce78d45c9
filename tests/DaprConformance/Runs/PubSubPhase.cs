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
        var external = ExternalSidecar.FromEnvironment();
        var endpoint = external is null ? broker?.Endpoint : ExternalSidecar.Redis;
        var streams = endpoint is null ? null : await RedisStreams.ConnectAsync(endpoint);
        if (external is null && streams is not null)
        {
            await streams.FlushAsync();
        }

        var app = await RecordedApp.StartAsync(external is null ? FreePort.Next() : ExternalSidecar.AppPort, a => a.Subscriptions = subscriptions);
        bindings.Replace("127.0.0.1:3701", $"127.0.0.1:{app.Port}");
        var sidecar = external ?? (ISidecar)await SidecarProcess.StartAsync(new SidecarSettings
        {
            AppPort = app.Port,
            Setups = setups,
            Values = new Dictionary<string, string>(values ?? new Dictionary<string, string>()) { ["{redis}"] = endpoint ?? "" },
            Flags = flags ?? [],
        });
        var phase = new PubSubPhase(fixture, bindings, app, sidecar, streams);
        await Watch.UntilAsync(async () => delivered == 0 || (await phase.SubscriptionsAsync())?.GetArrayLength() >= delivered, CancellationToken.None);
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
