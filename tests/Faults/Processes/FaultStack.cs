using System.Globalization;
using FeatureStore.Harness;
using StackExchange.Redis;

namespace FeatureStore.Faults.Processes;

/// <summary>The whole store as processes that can be killed: two feature-ingest, one feature-api or three, feature-history, a sidecar each, and Redis.</summary>
internal sealed class FaultStack : IAsyncDisposable
{
    /// <summary>Shorter waits only: what a dead replica held is taken up, and what failed is tried again, within the run.</summary>
    private static readonly (string Old, string New)[] ShorterWaits =
    [
        ("value: \"30000\"", "value: \"4000\""), ("value: \"10000\"", "value: \"1000\""), ("value: \"60000\"", "value: \"6000\""),
        ("duration: 1s", "duration: 500ms"), ("delivery: 20s", "delivery: 8s"), ("historyDelivery: 40s", "historyDelivery: 8s"),
    ];

    private readonly ComponentFolder _components;
    private readonly DirectoryInfo? _redisData;
    private readonly DirectoryInfo? _historyData;

    private FaultStack(FaultOptions options, LimitedDisk? disk)
    {
        Disk = disk;
        int? redisPort = null;
        if (options.Backend == Backend.Redis)
        {
            _components = new ComponentFolder("components", ShorterWaits);
            _redisData = Directory.CreateTempSubdirectory("faults-redis-");
            RedisPort = redisPort = ServicePort.Next();
            var arguments = new[]
            {
                "--port", redisPort.Value.ToString(CultureInfo.InvariantCulture), "--bind", "127.0.0.1", "--dir", _redisData.FullName,
                "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--loglevel", "warning",
            };
            Redis = new SupervisedProcess("Redis", () => ChildProcess.Start("redis-server", arguments));
        }
        else
        {
            var data = disk?.Path ?? "{folder}";
            _components = new ComponentFolder("components/local", [("state.db", $"{data}/state.db"), ("events.db", $"{data}/events.db"), .. ShorterWaits]);
        }

        Ingests =
        [
            Replica.Start("feature-ingest 1", "feature-ingest", options.Ingest, options, _components.Path, redisPort),
            Replica.Start("feature-ingest 2", "feature-ingest", options.Ingest, options, _components.Path, redisPort),
        ];
        Apis = [.. Enumerable.Range(1, options.Apis).Select(i =>
            Replica.Start(options.Push ? $"feature-api {i}" : "feature-api", "feature-api", options.Api, options, _components.Path, redisPort))];
        HistoryPath = Path.Combine(disk?.Path ?? (_historyData = Directory.CreateTempSubdirectory("faults-history-")).FullName, "history");
        History = Replica.Start(
            "feature-history", "feature-history", options.History, options, _components.Path, redisPort,
            ("History__Path", HistoryPath), ("History__UpkeepInterval", "00:00:02"));
    }

    public SupervisedProcess? Redis { get; }

    /// <summary>Where Redis is, if there is one.</summary>
    public int? RedisPort { get; }

    public LimitedDisk? Disk { get; }

    public IReadOnlyList<Replica> Ingests { get; }

    public IReadOnlyList<Replica> Apis { get; }

    public Replica History { get; }

    /// <summary>Where feature-history keeps its files, on the disk that can be full if there is one.</summary>
    public string HistoryPath { get; }

    public IEnumerable<Replica> Replicas => [.. Ingests, .. Apis, History];

    public IEnumerable<SupervisedProcess> Processes =>
        Replicas.SelectMany(replica => new[] { replica.Service, replica.Sidecar }).Concat(Redis is { } redis ? [redis] : []);

    public static async Task<FaultStack> StartAsync(FaultOptions options, LimitedDisk? disk)
    {
        var stack = new FaultStack(options, disk);
        try
        {
            await stack.BeHealthyAsync();
            return stack;
        }
        catch
        {
            await stack.DisposeAsync();
            throw;
        }
    }

    /// <summary>Waits until everything answers.</summary>
    public async Task BeHealthyAsync()
    {
        foreach (var replica in Replicas)
        {
            try
            {
                await Wait.UntilAsync(() => IsOkAsync(replica.Client, "/health/ready"), $"{replica.Service.Name} to be ready");
                await Wait.UntilAsync(() => IsOkAsync(replica.SidecarClient, "/v1.0/healthz"), $"{replica.Sidecar.Name} to be ready");
            }
            catch (TimeoutException e)
            {
                throw new TimeoutException($"{e.Message}\n{string.Join('\n', Processes.Select(Tail))}", e);
            }
        }
    }

    /// <summary>Whether every event was consumed, and so every row that was accepted is in history; null where the broker does not say.</summary>
    public async Task<bool?> IsConsumedAsync()
    {
        if (RedisPort is not { } port)
        {
            return null;
        }

        try
        {
            await using var redis = await ConnectionMultiplexer.ConnectAsync(string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port},connectTimeout=1000"));
            // In this order: a row is told to history before its event is done.
            return await IsConsumedAsync(redis, "feature-updates", "feature-ingest") && await IsConsumedAsync(redis, "feature-history", "feature-history");
        }
        catch (RedisException)
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var replica in Replicas)
        {
            await replica.DisposeAsync();
        }

        if (Redis is not null)
        {
            await Redis.DisposeAsync();
        }

        _redisData?.Delete(recursive: true);
        _historyData?.Delete(recursive: true);
        _components.Dispose();
    }

    private static async Task<bool> IsConsumedAsync(ConnectionMultiplexer redis, string stream, string group)
    {
        var groups = await redis.GetDatabase().StreamGroupInfoAsync(stream);
        return Array.Exists(groups, one => one.Name == group && one.PendingMessageCount == 0 && one.Lag == 0);
    }

    /// <summary>What a process said last.</summary>
    public static string Tail(SupervisedProcess process) =>
        $"  {process.Name}, restarted {process.Restarts} times: {(process.Output.Length > 1000 ? process.Output[^1000..] : process.Output)}";

    private static async Task<bool> IsOkAsync(HttpClient client, string path)
    {
        try
        {
            using var reply = await client.GetAsync(path);
            return reply.IsSuccessStatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return false;
        }
    }
}
