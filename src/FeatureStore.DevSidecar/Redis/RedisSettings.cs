using FeatureStore.DevSidecar.Resources;
using StackExchange.Redis;

namespace FeatureStore.DevSidecar.Redis;

/// <summary>How a Redis component connects.</summary>
internal sealed record RedisSettings(string Host, string? Username, string? Password, int Database, bool EnableTls)
{
    private const int CommandTimeoutMilliseconds = 1000;
    private const int ReconnectMilliseconds = 250;

    public static RedisSettings Read(ComponentMetadata metadata)
    {
        metadata.Accept("poolSize", "minIdleConns", "dialTimeout", "readTimeout", "writeTimeout", "poolTimeout", "idleTimeout",
            "redisMaxRetries", "maxRetryBackoff", "redisMinRetryInterval", "redisMaxRetryInterval", "idleCheckFrequency", "maxConnAge");
        if (metadata.Text("redisType", "node") is not "node" and var type)
        {
            throw new SidecarConfigurationException($"redisType {type} is not in DevSidecar, use daprd");
        }

        return new RedisSettings(
            metadata.Text("redisHost", "localhost:6379"),
            metadata.Text("redisUsername") is { Length: > 0 } username ? username : null,
            metadata.Text("redisPassword") is { Length: > 0 } password ? password : null,
            metadata.Integer("redisDB", 0),
            metadata.Flag("enableTLS"));
    }

    /// <summary>
    /// Connects, or tells that the host does not answer. Later outages fail commands at once, rather than queueing
    /// them, and the connection comes back by itself.
    /// </summary>
    public async Task<ConnectionMultiplexer> ConnectAsync(string component, CancellationToken cancellationToken, int? timeoutMilliseconds = null)
    {
        var options = new ConfigurationOptions
        {
            User = Username,
            Password = Password,
            DefaultDatabase = Database,
            Ssl = EnableTls,
            AbortOnConnectFail = true,
            ConnectRetry = 1,
            ConnectTimeout = 2 * CommandTimeoutMilliseconds,
            SyncTimeout = timeoutMilliseconds ?? CommandTimeoutMilliseconds,
            AsyncTimeout = timeoutMilliseconds ?? CommandTimeoutMilliseconds,
            BacklogPolicy = BacklogPolicy.FailFast,
            ReconnectRetryPolicy = new LinearRetry(ReconnectMilliseconds),
            HeartbeatInterval = TimeSpan.FromMilliseconds(ReconnectMilliseconds),
            ClientName = "DevSidecar",

            // Replies to commands sent by name, such as XREADGROUP's, have another shape in RESP3.
            Protocol = RedisProtocol.Resp2,

            // Nothing here subscribes, and without it there is one connection instead of two.
            CommandMap = CommandMap.Create(["SUBSCRIBE", "PSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE"], available: false),
        };
        options.EndPoints.Add(Host);
        try
        {
            return await ConnectionMultiplexer.ConnectAsync(options).WaitAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is RedisException or System.Net.Sockets.SocketException or TimeoutException)
        {
            throw new SidecarConfigurationException($"component {component}: error connecting to redis at {Host}: {exception.Message}", exception);
        }
    }
}
