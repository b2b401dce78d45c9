using System.Globalization;
using System.Text.RegularExpressions;

namespace FeatureStore.SystemTests.Facts;

/// <summary>
/// The settings that each type of component has in Dapr 1.18 (components-contrib, as the code reads them) or here, and what they
/// take. A name that is not read is ignored in silence, and a value that does not fit ends daprd.
/// </summary>
internal static partial class ComponentSettings
{
    private static readonly Dictionary<string, string> Redis = new()
    {
        ["text"] = "redisHost redisUsername redisPassword sentinelUsername sentinelPassword sentinelMasterName clientCert clientKey",
        ["node|cluster"] = "redisType",
        ["bool"] = "enableTLS insecureSkipTLSVerify failover useEntraID",
        ["0..65535"] = "redisPort",
        ["-1..2147483647"] = "redisDB redisMaxRetries poolSize minIdleConns",
        ["duration"] = "redisMinRetryInterval redisMaxRetryInterval dialTimeout readTimeout writeTimeout poolTimeout maxConnAge idleCheckFrequency idleTimeout",
    };

    private static readonly Dictionary<string, string> Postgres = new()
    {
        ["text"] = "connectionString host hostaddr port database user password sslRootCert tablePrefix metadataTableName queryExecMode keyPrefix",
        ["bool"] = "useAzureAD useAWSIAM",
        ["0..2147483647"] = "maxConns",
        ["duration"] = "timeout cleanupInterval connectionMaxIdleTime",
    };

    private static readonly Dictionary<string, string> Kafka = new()
    {
        ["text"] = "brokers consumerID consumerGroup clientId saslUsername saslPassword saslMechanism caCert clientCert clientKey version compression",
        ["none|password|mtls|oidc|oidc_private_key_jwt|awsiam"] = "authType",
        ["newest|oldest"] = "initialOffset",
        ["range|sticky|roundrobin"] = "consumerGroupRebalanceStrategy",
        ["bool"] = "disableTls skipVerify consumeRetryEnabled escapeHeaders",
        ["1..2147483647"] = "maxMessageBytes channelBufferSize consumerFetchMin consumerFetchDefault",
        ["duration"] = "consumeRetryInterval heartbeatInterval sessionTimeout clientConnectionTopicMetadataRefreshInterval clientConnectionKeepAliveInterval",
    };

    private static readonly Dictionary<string, string> RabbitMq = new()
    {
        ["text"] = "connectionString hostname username password consumerID clientName caCert clientCert clientKey",
        ["amqp|amqps"] = "protocol",
        ["fanout|topic|direct|headers"] = "exchangeKind",
        // Not concurrency, which its metadata.yaml has.
        ["parallel|single"] = "concurrencyMode",
        ["bool"] = "durable enableDeadLetter deletedWhenUnused autoAck requeueInFailure publisherConfirm saslExternal publishMessagePropertiesToMetadata",
        ["0..2"] = "deliveryMode",
        ["0..255"] = "prefetchCount",
        ["0..9223372036854775807"] = "maxLen maxLenBytes",
        ["duration"] = "reconnectWaitSeconds heartBeat",
        ["1..2147483647"] = "ttlInSeconds",
    };

    private static readonly Dictionary<string, Dictionary<string, string>> Types = new()
    {
        ["state.redis"] = new(Redis) { ["text "] = "keyPrefix queryIndexes", ["1..2147483647"] = "ttlInSeconds" },
        ["state.sqlite"] = new()
        {
            ["text"] = "connectionString tableName metadataTableName keyPrefix",
            ["bool"] = "disableWAL",
            ["duration"] = "timeout busyTimeout cleanupInterval",
        },
        ["state.postgresql"] = Postgres,
        ["pubsub.redis"] = new(Redis)
        {
            ["text "] = "consumerID",
            ["1..2147483647"] = "concurrency queueDepth maxLenApprox",
            ["0..2147483647"] = "processingTimeout redeliverInterval",
            ["duration "] = "streamTTL",
        },
        ["pubsub.sqlite"] = new()
        {
            ["text"] = "connectionString consumerID",
            ["1..2147483647"] = "concurrency queueDepth",
            ["0..2147483647"] = "processingTimeout redeliverInterval",
            ["duration"] = "retention",
        },
        ["pubsub.kafka"] = Kafka,
        ["pubsub.rabbitmq"] = RabbitMq,
    };

    public static bool IsKnown(string type) => Types.ContainsKey(type);

    /// <summary>What is wrong with a setting; null if nothing is.</summary>
    public static string? Fault(string type, string name, string value)
    {
        var takes = Types[type].FirstOrDefault(kind => kind.Value.Split(' ').Contains(name)).Key?.Trim();
        return takes is null ? $"{type} has no setting {name}" : Fits(takes, value) ? null : $"{name} of {type} takes {takes}, not '{value}'";
    }

    private static bool Fits(string takes, string value) => takes switch
    {
        "text" => true,
        "bool" => value is "true" or "false",
        "duration" => Duration().IsMatch(value),
        _ when takes.Contains("..", StringComparison.Ordinal) => long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            && number >= long.Parse(takes.Split("..")[0], CultureInfo.InvariantCulture) && number <= long.Parse(takes.Split("..")[1], CultureInfo.InvariantCulture),
        _ => takes.Split('|').Contains(value),
    };

    /// <summary>As Go writes them: <c>1h30m</c>, <c>500ms</c>.</summary>
    [GeneratedRegex(@"^(\d+(\.\d+)?(ns|us|ms|s|m|h))+$")]
    private static partial Regex Duration();
}
