using System.Diagnostics.Metrics;
using System.Text;
using FeatureStore.DevSidecar;
using FeatureStore.Model;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace FeatureStore.Dapr.Tests;

/// <summary>An online store over a real sidecar, in this process, that keeps its state in memory.</summary>
internal sealed class OnlineStore : IAsyncDisposable
{
    private readonly DirectoryInfo _folder;
    private readonly Sidecar _sidecar;
    private readonly ServiceProvider _services;
    private readonly SidecarConnection _connection;

    private OnlineStore(DirectoryInfo folder, Sidecar sidecar, SidecarOptions options)
    {
        _folder = folder;
        _sidecar = sidecar;
        Options = options;
        _services = new ServiceCollection().AddMetrics().BuildServiceProvider();
        Meters = _services.GetRequiredService<IMeterFactory>();
        Metrics = new OnlineMetrics(Meters);
        _connection = new SidecarConnection(options);
        Store = new StateStore(_connection, TimeProvider.System, NullLogger<StateStore>.Instance);
        Reader = new OnlineReader(Store, options, Metrics);
    }

    public SidecarOptions Options { get; }

    public IMeterFactory Meters { get; }

    public OnlineMetrics Metrics { get; }

    public StateStore Store { get; }

    public OnlineReader Reader { get; }

    /// <param name="maxBodySize">The most bytes that the sidecar takes in one message.</param>
    /// <param name="overSockets">Whether the sidecar listens on Unix sockets.</param>
    public static async Task<OnlineStore> StartAsync(long maxBodySize = 4 * 1024 * 1024, bool overSockets = false)
    {
        var folder = Directory.CreateTempSubdirectory("featurestore-");
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "statestore.yaml"), """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: statestore
            spec:
              type: state.in-memory
              version: v1
            """);
        var sidecar = await Sidecar.StartAsync(
            new DevSidecar.SidecarOptions
            {
                AppId = "test",
                HttpPort = 0,
                GrpcPort = 0,
                ResourcesPaths = [folder.FullName],
                MaxBodySize = maxBodySize,
                UnixDomainSocketDirectory = overSockets ? folder.FullName : null,
            },
            NullLoggerFactory.Instance);
        return new OnlineStore(folder, sidecar, new SidecarOptions
        {
            GrpcEndpoint = overSockets ? new Uri($"unix://{folder.FullName}/dapr-test-grpc.socket") : new Uri($"http://127.0.0.1:{sidecar.GrpcPort}"),
            HttpEndpoint = overSockets ? new Uri($"unix://{folder.FullName}/dapr-test-http.socket") : new Uri($"http://127.0.0.1:{sidecar.HttpPort}"),
            // The tests share a machine with others; what is tested here is not how long things take.
            ReadTimeout = TimeSpan.FromSeconds(20),
            SaveTimeout = TimeSpan.FromSeconds(20),
            WriteBudget = TimeSpan.FromSeconds(30),
        });
    }

    /// <summary>A writer as one replica has it.</summary>
    public OnlineWriter NewWriter(SidecarOptions? options = null) => new(
        new WritePath(Store, options ?? Options, new Lateness(), Metrics, TimeProvider.System, NullLogger<WritePath>.Instance), options ?? Options, TimeProvider.System);

    public Task<bool> IsHealthyAsync() => _connection.IsHealthyAsync(CancellationToken.None);

    public static IncomingRow Row(string id, string features, int? ttlSeconds = null)
    {
        var faults = new List<Fault>();
        var row = RowReader.Read(
            Encoding.UTF8.GetBytes($"{{\"entity_id\":\"{id}\",\"features\":{features}{(ttlSeconds is { } ttl ? $",\"ttl_seconds\":{ttl}" : "")}}}"), new RowContext(Timestamp.Never), faults);
        return row ?? throw new ArgumentException(faults[0].Detail);
    }

    public static string Features(ReadOnlyMemory<byte> document) =>
        StoredRowReader.TryReadLive(document, Timestamp.From(DateTimeOffset.UtcNow), out var features) ? Encoding.UTF8.GetString(features.Span) : "";

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _sidecar.DisposeAsync();
        await _services.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
