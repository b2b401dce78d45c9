using System.Globalization;
using System.Net;
using System.Text;
using FeatureStore.Dapr;
using StackExchange.Redis;

namespace FeatureStore.Faults.Load;

/// <summary>A way on which events get into the topic of rows.</summary>
internal abstract class EventChannel(string name)
{
    protected const string Topic = "feature-updates";

    private long _events;

    public string Name => name;

    /// <summary>How many events were acknowledged on it.</summary>
    public long Events => Interlocked.Read(ref _events);

    /// <summary>Publishes events.</summary>
    /// <returns>Null if all were acknowledged; else why it is not known which were.</returns>
    public async Task<string?> PublishAsync(IReadOnlyList<string> events)
    {
        var failure = await SendAsync(events);
        if (failure is null)
        {
            Interlocked.Add(ref _events, events.Count);
        }

        return failure;
    }

    protected abstract Task<string?> SendAsync(IReadOnlyList<string> events);
}

/// <summary>The HTTP API of a sidecar: single publications, and bulks of what is JSON.</summary>
internal sealed class HttpChannel(IReadOnlyList<HttpClient> sidecars, Random random) : EventChannel("HTTP")
{
    protected override async Task<string?> SendAsync(IReadOnlyList<string> events)
    {
        var sidecar = sidecars[random.Next(sidecars.Count)];
        var (status, why) = events.Count == 1
            ? await Writer.CallAsync(sidecar, HttpMethod.Post, $"/v1.0/publish/pubsub/{Topic}", events[0], "application/json")
            : await Writer.CallAsync(sidecar, HttpMethod.Post, $"/v1.0/publish/bulk/pubsub/{Topic}", $"[{string.Join(',', events.Select(Entry))}]", "application/json");
        return status is null ? why : status is HttpStatusCode.NoContent ? null : $"{(int)status}";
    }

    private static string Entry(string text, int i) => string.Create(
        CultureInfo.InvariantCulture, $"{{\"entryId\":\"{i}\",\"contentType\":\"application/json\",\"event\":{text}}}");
}

/// <summary>The gRPC API of a sidecar, in CloudEvents or, of single events, raw.</summary>
internal sealed class GrpcChannel : EventChannel, IDisposable
{
    private readonly SidecarConnection[] _connections;
    private readonly EventPublisher[] _publishers;
    private readonly Random _random;

    public GrpcChannel(IEnumerable<int> ports, Random random)
        : base("gRPC")
    {
        _connections = [.. ports.Select(port => new SidecarConnection(new SidecarOptions
        {
            GrpcEndpoint = new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}")),
            PublishTimeout = TimeSpan.FromSeconds(10),
        }))];
        _publishers = [.. _connections.Select(connection => new EventPublisher(connection, TimeProvider.System))];
        _random = random;
    }

    public void Dispose() => Array.ForEach(_connections, connection => connection.Dispose());

    protected override async Task<string?> SendAsync(IReadOnlyList<string> events)
    {
        var publisher = _publishers[_random.Next(_publishers.Length)];
        var payloads = events.Select(text => (ReadOnlyMemory<byte>)Encoding.UTF8.GetBytes(text)).ToList();
        try
        {
            await (payloads.Count == 1 && _random.Next(2) == 0
                ? publisher.PublishRawAsync("pubsub", Topic, payloads[0], CancellationToken.None)
                : publisher.PublishAsync("pubsub", Topic, payloads, CancellationToken.None));
            return null;
        }
        catch (PublishException e)
        {
            return e.Message;
        }
    }
}

/// <summary>A producer that knows nothing of Dapr and adds bare events to the stream itself.</summary>
internal sealed class StreamChannel(ConnectionMultiplexer redis) : EventChannel("the stream"), IDisposable
{
    public static async Task<StreamChannel> ConnectAsync(int port) => new(await ConnectionMultiplexer.ConnectAsync(
        string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port},abortConnect=false,syncTimeout=10000,asyncTimeout=10000")));

    public void Dispose() => redis.Dispose();

    protected override async Task<string?> SendAsync(IReadOnlyList<string> events)
    {
        try
        {
            await Task.WhenAll(events.Select(text => redis.GetDatabase().StreamAddAsync(Topic, "data", text)));
            return null;
        }
        catch (Exception e) when (e is RedisException or RedisTimeoutException or TimeoutException)
        {
            return e.GetType().Name;
        }
    }
}
