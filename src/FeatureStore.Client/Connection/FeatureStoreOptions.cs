using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Where the feature store is, and how patient the client is with it.</summary>
/// <remarks>Every setting has a default that works against <c>featurestore up</c>. All that is wrong is told at once, at the start.</remarks>
public sealed class FeatureStoreOptions
{
    /// <summary>Where feature-api answers reads; <c>http://localhost:8080</c> where none is given. It may have a path.</summary>
    public Uri? ApiAddress { get; set; }

    /// <summary>Where feature-ingest takes writes; <c>http://localhost:8081</c> where none is given. It may have a path.</summary>
    public Uri? IngestAddress { get; set; }

    /// <summary>Where feature-history makes training sets; <c>http://localhost:8082</c> where none is given. It may have a path.</summary>
    public Uri? HistoryAddress { get; set; }

    /// <summary>Set to go through this app's Dapr sidecar instead of to addresses; see <see cref="UseDapr"/>.</summary>
    public DaprInvocation? Dapr { get; set; }

    /// <summary>An API key with the rights that are needed, as <c>featurestore api-key</c> makes it; none by default.</summary>
    public string? ApiKey { get; set; }

    /// <summary>How long one try may take before its answer counts as lost: 10 s; from 10 ms to 24 h.</summary>
    public TimeSpan AttemptTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long one call may take with all its tries and the pauses between them: 30 s; from 10 ms to 24 h.</summary>
    /// <remarks>A query of many entities is several calls, and a stream of rows has no limit: each of its requests has one.</remarks>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How often a call that failed for the moment is tried again: 3 times; from 0 to 100.</summary>
    /// <remarks>
    /// Reads and queries, and writes that carry their event and created timestamps. A write without them is tried again only
    /// when it certainly was not processed: the connection could not be made, or the service asked to wait (429).
    /// </remarks>
    public int MaxRetries { get; set; } = 3;

    /// <summary>The pause before the first retry: 100 ms; from 1 ms to 1 min. It doubles each time, with jitter.</summary>
    /// <remarks>Where the service says <c>Retry-After</c>, that long and a little more, at random.</remarks>
    public TimeSpan RetryDelay { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// The longest pause between tries: 5 s; from <see cref="RetryDelay"/> to 1 h. When the service asks for a longer one, the
    /// call fails at once and says for how long.
    /// </summary>
    public TimeSpan MaxRetryDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether this client stamps a single write that has no event timestamp, by its own clock, before the first try: no.
    /// </summary>
    /// <remarks>
    /// Left to feature-ingest, such a write is true at the later of now and just after what is stored: it wins over whatever
    /// it finds, whosever clock that came from. But a second try would be another, newer row, so it is not repeated after a
    /// failure that leaves open whether it was stored. Stamped here, a write is the same row however often it is sent, so it
    /// is repeated like a read; but where what is stored came from a clock that is ahead of this one it loses, and is
    /// <see cref="WriteOutcome.Superseded"/>. Best is to say when the fact was true: <see cref="WriteOptions.EventTimestamp"/>.
    /// Streams of rows are always stamped.
    /// </remarks>
    public bool StampWrites { get; set; }

    /// <summary>The most entities of one call of a query: 1,000, as many as feature-api takes by default; from 1 to 100,000.</summary>
    /// <remarks>
    /// A query of more becomes several calls. feature-api also has a limit of 250,000 values a call, entities times features: lower
    /// this where a query asks for more than 250 features.
    /// </remarks>
    public int MaxEntitiesPerCall { get; set; } = 1000;

    /// <summary>The most calls of one query that are under way at once: 4; from 1 to 100.</summary>
    public int MaxConcurrentCalls { get; set; } = 4;

    /// <summary>
    /// How types are read from and written as features; where none is given, by reflection and with snake_case names.
    /// </summary>
    /// <remarks>
    /// For trimmed and ahead-of-time compiled apps give the options of a <c>JsonSerializerContext</c>:
    /// <c>AppJson.Default.Options</c>. Names become snake_case unless the options have a naming policy.
    /// </remarks>
    public JsonSerializerOptions? SerializerOptions { get; set; }

    /// <summary>Goes through this app's Dapr sidecar, which knows where the services are and speaks mTLS with theirs.</summary>
    /// <param name="configure">Changes what Dapr's environment variables say.</param>
    /// <returns>These options.</returns>
    public FeatureStoreOptions UseDapr(Action<DaprInvocation>? configure = null)
    {
        Dapr ??= new DaprInvocation();
        configure?.Invoke(Dapr);
        return this;
    }
}
