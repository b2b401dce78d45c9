using System.Text.Json;
using FeatureStore.DaprConformance.Calls;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Recordings;

namespace FeatureStore.DaprConformance.Sidecars;

/// <summary>A sidecar that someone else started. What it is set up for is told by the components that it has.</summary>
public sealed class ExternalSidecar : ISidecar
{
    /// <summary>The id that the app had when the files were recorded.</summary>
    private const string AppId = "app1";

    private const int RecordedAppPort = 3701;

    private readonly ExternalSettings _settings;
    private readonly Dictionary<string, string> _components;

    private ExternalSidecar(ExternalSettings settings, JsonElement metadata)
    {
        _settings = settings;
        _components = metadata.TryGetProperty("components", out var components)
            ? components.EnumerateArray().ToDictionary(c => c.GetProperty("name").GetString()!, c => c.GetProperty("type").GetString()!)
            : [];
        var app = metadata.TryGetProperty("appConnectionProperties", out var found) ? found : default;
        AppPort = settings.AppPort ?? (app.ValueKind is JsonValueKind.Object && app.TryGetProperty("port", out var port) ? port.GetInt32() : RecordedAppPort);
        AppAddress = app.ValueKind is JsonValueKind.Object && app.TryGetProperty("channelAddress", out var address) ? address.GetString()! : "127.0.0.1";
        ProbesApp = app.ValueKind is JsonValueKind.Object && app.TryGetProperty("health", out _);
        HasApp = app.ValueKind is JsonValueKind.Object && app.TryGetProperty("port", out _);
    }

    /// <summary>The one that the environment names; null: the run starts its own.</summary>
    public static ExternalSidecar? Current { get; private set; }

    /// <summary>It has one app and one store: one file is run at a time.</summary>
    public static SemaphoreSlim OneAtATime { get; } = new(1, 1);

    public Uri Http => _settings.Http;

    public Uri Grpc => _settings.Grpc;

    public string? ApiToken => _settings.ApiToken;

    /// <summary>The port on which it expects its app.</summary>
    public int AppPort { get; }

    /// <summary>The address at which it calls its app.</summary>
    public string AppAddress { get; }

    /// <summary>Whether it was started with an app.</summary>
    public bool HasApp { get; }

    /// <summary>Whether it was started with <c>--enable-app-health-check</c>.</summary>
    public bool ProbesApp { get; }

    public string? Redis => _settings.Redis;

    public string? Sqlite => _settings.Sqlite;

    /// <summary>Asks the sidecar that the environment names, if it does, what it has.</summary>
    /// <exception cref="ExternalSidecarException">It cannot be used.</exception>
    public static async Task FindAsync()
    {
        if (ExternalSettings.FromEnvironment() is not { } settings)
        {
            return;
        }

        var unknown = settings.Fixtures.Except(Fixture.Names).ToList();
        if (unknown.Count > 0)
        {
            throw new ExternalSidecarException($"FIXTURE names {string.Join(", ", unknown)}; there are {string.Join(", ", Fixture.Names)}.");
        }

        var sidecar = new ExternalSidecar(settings, await MetadataAsync(settings));
        if (!Fixture.Names.Any(f => sidecar.WhyNot(f) is null))
        {
            throw new ExternalSidecarException(
                $"The sidecar at {settings.Http} is set up for none of the files, it has: "
                + $"{string.Join(", ", sidecar._components.Select(c => $"{c.Key} ({c.Value})").DefaultIfEmpty("no component"))}. "
                + "Start it with the components of one folder of setups/, as README.md says.");
        }

        Current = sidecar;
    }

    public bool Has(string component) => _components.ContainsKey(component);

    /// <summary>Why a file is not run; null: it is.</summary>
    public string? WhyNot(string file)
    {
        if (_settings.Fixtures.Count > 0)
        {
            return _settings.Fixtures.Contains(file) ? null : "FIXTURE does not name it";
        }

        var missing = Needed(file).Where(n => _components.GetValueOrDefault(n.Name) != n.Type).ToList();
        return file == "invoke" ? "every step needs a second sidecar, which this run may not start"
            : missing.Count == 0 ? null
            : $"the sidecar has no {string.Join(" and no ", missing.Select(n => $"{n.Name} ({n.Type})"))}";
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>What tells one setup from the others; what else it has is asked for step by step.</summary>
    private static (string Name, string Type)[] Needed(string file)
    {
        var type = file.Split('-', 2) is [var kind, var rest] ? $"{kind}.{rest}" : "";
        return type.StartsWith("state.", StringComparison.Ordinal) ? [("store", type), ("storeappid", type)]
            : type.StartsWith("pubsub.", StringComparison.Ordinal) ? [("ps", type), ("psscoped", type)]
            : [("store", "state.redis"), ("ps", "pubsub.redis"), ("psm", "pubsub.in-memory"), ("mem", "state.in-memory")];
    }

    private static async Task<JsonElement> MetadataAsync(ExternalSettings settings)
    {
        using var caller = new HttpCaller(settings.Http, new Bindings(), settings.ApiToken);
        HttpReply reply;
        try
        {
            reply = await caller.CallAsync("GET", "/v1.0/metadata", [], null, CancellationToken.None);
        }
        catch (HttpRequestException exception)
        {
            throw new ExternalSidecarException($"No sidecar answers at {settings.Http} (DAPR_HTTP_ENDPOINT): {exception.Message}", exception);
        }

        if (reply.Status != 200)
        {
            throw new ExternalSidecarException(
                $"GET {settings.Http}v1.0/metadata gave {reply.Status}: {RecordedText.Of(reply.Body).Trim()}"
                + (reply.Status == 401 ? " Set DAPR_API_TOKEN to the sidecar's token." : ""));
        }

        var metadata = JsonDocument.Parse(reply.Body).RootElement.Clone();
        var id = metadata.TryGetProperty("id", out var found) ? found.GetString() : null;
        return id == AppId ? metadata
            : throw new ExternalSidecarException($"The sidecar's app id is '{id}', and the recordings are of '{AppId}': start it with --app-id {AppId}.");
    }
}
