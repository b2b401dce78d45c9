using FeatureStore.DevSidecar.Metadata;
using FeatureStore.DevSidecar.PubSub;
using FeatureStore.DevSidecar.PubSub.InMemory;
using FeatureStore.DevSidecar.PubSub.Redis;
using FeatureStore.DevSidecar.PubSub.Sqlite;
using FeatureStore.DevSidecar.Redis;
using FeatureStore.DevSidecar.Resources;
using FeatureStore.DevSidecar.State;
using FeatureStore.DevSidecar.State.Redis;
using FeatureStore.DevSidecar.State.Sqlite;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace FeatureStore.DevSidecar.Components;

/// <summary>Makes components of resources. This is the list of what DevSidecar knows.</summary>
internal sealed partial class ComponentFactory(SidecarOptions options, TimeProvider time, ILoggerFactory loggers)
{
    private const string Unsupported = "is not in DevSidecar, use daprd";
    private readonly ILogger _logger = loggers.CreateLogger<ComponentFactory>();
    private readonly InProcessBrokers _brokers = options.Brokers ?? new InProcessBrokers();

    /// <summary>Makes all of them, or throws what keeps the sidecar from starting.</summary>
    public async Task<LoadedComponents> CreateAsync(IReadOnlyList<ComponentResource> resources, CancellationToken cancellationToken)
    {
        var loaded = new LoadedComponents();
        try
        {
            foreach (var resource in resources)
            {
                await TryCreateAsync(resource, loaded, cancellationToken);
            }

            return loaded;
        }
        catch
        {
            await loaded.DisposeAsync();
            throw;
        }
    }

    private async Task TryCreateAsync(ComponentResource resource, LoadedComponents loaded, CancellationToken cancellationToken)
    {
        try
        {
            await CreateAsync(resource, loaded, cancellationToken);
            Log.Loaded(_logger, resource.Name, resource.Type);
        }
        catch (SidecarConfigurationException exception) when (resource.IgnoreErrors)
        {
            Log.Ignored(_logger, resource.Name, resource.Type, exception.Message);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            var wrapped = new SidecarConfigurationException($"component {resource.Name} ({resource.Type}): {exception.Message}", exception);
            if (!resource.IgnoreErrors)
            {
                throw wrapped;
            }

            Log.Ignored(_logger, resource.Name, resource.Type, wrapped.Message);
        }
    }

    private async Task CreateAsync(ComponentResource resource, LoadedComponents loaded, CancellationToken cancellationToken)
    {
        if (resource.Version is not "v1")
        {
            throw new SidecarConfigurationException($"{resource.File}: component {resource.Name}: {resource.Type}/{resource.Version} {Unsupported}");
        }

        var metadata = new ComponentMetadata(resource, _logger);
        IReadOnlyList<string> capabilities = [];
        switch (resource.Type)
        {
            case "state.in-memory":
                capabilities = AddStore(resource, metadata, new InMemoryStateStore(time), loaded);
                break;
            case "state.sqlite":
                var sqlite = SqliteOptions.Read(metadata, options.DataDirectory ?? Environment.CurrentDirectory);
                capabilities = AddStore(resource, metadata, new SqliteStateStore(sqlite, time), loaded);
                break;
            case "state.redis":
                var connection = await RedisSettings.Read(metadata).ConnectAsync(resource.Name, cancellationToken);
                var ttl = metadata.Text("ttlInSeconds");
                metadata.Accept("queryIndexes", "actorStateStore");
                capabilities = AddStore(resource, metadata, new RedisStateStore(connection, ttl.Length > 0 ? ttl : null), loaded);
                break;
            case "pubsub.in-memory":
                var group = metadata.Text("consumerID", options.AppId);
                capabilities = AddBroker(resource, metadata, new InMemoryBroker(
                    _brokers.Get(resource.Name), group, time, loggers.CreateLogger<InMemoryBroker>()), loaded);
                break;
            case "pubsub.redis":
                var settings = RedisSettings.Read(metadata);
                var stream = RedisStreamOptions.Read(metadata, options.AppId);
                capabilities = AddBroker(resource, metadata, new RedisStreamBroker(
                    resource.Name, settings, stream, await settings.ConnectAsync(resource.Name, cancellationToken), time,
                    loggers.CreateLogger<RedisStreamBroker>()), loaded);
                break;
            case "pubsub.sqlite":
                var events = SqliteEventOptions.Read(metadata, options.AppId, options.DataDirectory ?? Environment.CurrentDirectory);
                capabilities = AddBroker(resource, metadata, SqliteBroker.Open(events, time, loggers.CreateLogger<SqliteBroker>()), loaded);
                break;
            case "secretstores.local.env":
                break;
            default:
                throw new SidecarConfigurationException($"{resource.File}: component {resource.Name}: the type {resource.Type} {Unsupported}");
        }

        metadata.WarnOfUnknown();
        loaded.Infos.Add(new ComponentInfo(resource.Name, resource.Type, resource.Version, capabilities));
    }

    private IReadOnlyList<string> AddStore(ComponentResource resource, ComponentMetadata metadata, IStateStore store, LoadedComponents loaded)
    {
        var prefix = NamedStateStore.PrefixOf(metadata.Text("keyPrefix"), resource.Name, options.AppId, MetadataValues.Namespace);
        loaded.Stores[resource.Name] = new NamedStateStore(resource.Name, prefix, store);
        return store.Capabilities;
    }

    private IReadOnlyList<string> AddBroker(ComponentResource resource, ComponentMetadata metadata, IBroker broker, LoadedComponents loaded)
    {
        loaded.Brokers[resource.Name] = new NamedBroker(resource.Name, broker, new TopicScopes(metadata, options.AppId));
        return broker.Capabilities;
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Component loaded: {Name} ({Type})")]
        public static partial void Loaded(ILogger logger, string name, string type);

        [LoggerMessage(LogLevel.Error, "Component {Name} ({Type}) is left out, ignoreErrors is set: {Reason}")]
        public static partial void Ignored(ILogger logger, string name, string type, string reason);
    }
}
