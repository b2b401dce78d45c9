using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Options;

namespace FeatureStore.Client;

/// <summary>Reads and writes features. One instance serves a whole app; all members may be called at the same time.</summary>
/// <remarks>
/// <para>
/// Types are mapped by the snake_case names of their properties: <c>WindSpeed</c> is the feature <c>wind_speed</c>. A feature that
/// is null, expired or absent becomes null where the property may be null, and the default of a constructor parameter that has
/// one; where neither is so, a <see cref="FeatureMappingException"/> names what is missing.
/// </para>
/// <para>
/// Calls that fail for the moment are repeated as <see cref="FeatureStoreOptions.MaxRetries"/> says, if that is safe: reads
/// always, writes that carry their event timestamp (or are stamped by <see cref="FeatureStoreOptions.StampWrites"/>), rows of
/// streams. A write without one is repeated only when it certainly was not processed. A Dapr sidecar has a policy of its own and
/// may repeat any call; there, too, a write with its event timestamp is the same row however often it arrives.
/// </para>
/// <para>
/// Every call throws <see cref="FeatureStoreUnavailableException"/> when the store is away,
/// <see cref="FeatureStoreInvalidException"/> when it refuses what the call says, <see cref="FeatureStoreNotFoundException"/> when
/// what is named is not declared, and <see cref="FeatureStoreException"/> for everything else that it answers.
/// </para>
/// </remarks>
public sealed class FeatureStoreClient : IDisposable
{
    private static readonly ReadOptions ReadDefaults = new();
    private static readonly WriteOptions WriteDefaults = new();
    private static readonly DeleteOptions DeleteDefaults = new();
    private static readonly WriteManyOptions WriteManyDefaults = new();
    private static readonly EdgeOptions EdgeDefaults = new();

    private readonly FeatureStoreOptions _options;
    private readonly TimeProvider _time;
    private readonly JsonSerializerOptions _json;
    private readonly StampClock _clock;
    private readonly StoreConnection _connection;
    private readonly FeatureReads _reads;
    private readonly FeatureQueries _queries;
    private readonly FeatureWrites _writes;
    private readonly HttpClient? _owned;

    /// <summary>Makes a client with connections of its own, for an app without dependency injection.</summary>
    /// <param name="options">Where the store is; <c>featurestore up</c> on this machine where nothing is said.</param>
    /// <param name="time">The clock; the system's where none is given.</param>
    /// <exception cref="OptionsValidationException">Settings are wrong; it lists all that are.</exception>
    public FeatureStoreClient(FeatureStoreOptions? options = null, TimeProvider? time = null)
        : this(options ?? new FeatureStoreOptions(), StoreConnection.CreateHttp(), time, owns: true)
    {
    }

    /// <summary>Makes a client over an HTTP client of the app.</summary>
    /// <param name="options">Where the store is; the addresses are taken from here alone.</param>
    /// <param name="http">Sends the requests; it must not repeat them by itself, and is not disposed of.</param>
    /// <param name="time">The clock; the system's where none is given.</param>
    /// <exception cref="OptionsValidationException">Settings are wrong; it lists all that are.</exception>
    public FeatureStoreClient(FeatureStoreOptions options, HttpClient http, TimeProvider? time = null)
        : this(options, http, time, owns: false)
    {
    }

    internal FeatureStoreClient(FeatureStoreOptions options, Func<HttpClient> http, TimeProvider? time)
    {
        OptionsCheck.Require(options);
        _options = options;
        _time = time ?? TimeProvider.System;
        _json = FeatureJson.Options(options.SerializerOptions);
        _clock = new StampClock(_time);
        _connection = new StoreConnection(options, http, _time);
        _reads = new FeatureReads(_connection, _json);
        _queries = new FeatureQueries(_connection, options, _json);
        _writes = new FeatureWrites(_connection, options, _clock);
        TrainingSets = new TrainingSets(_connection, _time);
    }

    private FeatureStoreClient(FeatureStoreOptions options, HttpClient http, TimeProvider? time, bool owns)
        : this(options, () => http, time) => _owned = owns ? http : null;

    /// <summary>Training sets: events, each with the features that the store would have answered at its time.</summary>
    public TrainingSets TrainingSets { get; }

    /// <summary>Reads the latest features of an entity as they are.</summary>
    /// <param name="id">The entity.</param>
    /// <param name="options">Which features; all of the entity's where nothing is said.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The features; null where the entity has no live one.</returns>
    public Task<EntityFeatures?> GetAsync(EntityId id, ReadOptions? options = null, CancellationToken cancellationToken = default) =>
        _reads.GetAsync(id, options ?? ReadDefaults, cancellationToken);

    /// <summary>Reads the latest features of an entity as a type of yours.</summary>
    /// <typeparam name="T">
    /// A class or record with a property for each feature, perhaps marked with <see cref="FeatureViewAttribute"/> or
    /// <see cref="FeatureServiceAttribute"/>.
    /// </typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="options">Which features; those of the type's view or service where neither is named here.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The features; null where the entity has no live one.</returns>
    /// <exception cref="FeatureMappingException">They do not fit, or one is missing that the type cannot do without.</exception>
    public Task<T?> GetAsync<T>(EntityId id, ReadOptions? options = null, CancellationToken cancellationToken = default)
        where T : class => GetAsync(id, TypeInfo<T>(), options, cancellationToken);

    /// <summary>Reads the latest features of an entity as a type of yours, by its generated metadata.</summary>
    /// <typeparam name="T">A class or record with a property for each feature.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    /// <param name="options">Which features; those of the type's view or service where neither is named here.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>The features; null where the entity has no live one.</returns>
    /// <exception cref="FeatureMappingException">They do not fit, or one is missing that the type cannot do without.</exception>
    public async Task<T?> GetAsync<T>(EntityId id, JsonTypeInfo<T> typeInfo, ReadOptions? options = null, CancellationToken cancellationToken = default)
        where T : class
    {
        var asked = options ?? ReadDefaults;
        if (asked is { Views.Count: 0, Service: null })
        {
            asked = FeatureMapping.ServiceOf(typeof(T)) is { } service ? asked with { Service = service }
                : FeatureMapping.ViewOf(typeof(T)) is { } view ? asked with { Views = [view] }
                : asked;
        }

        var found = await _reads.GetAsync(id, asked, cancellationToken).ConfigureAwait(false);
        return found?.Values.Count > 0 ? found.To(typeInfo) : null;
    }

    /// <summary>Reads features of many entities at once.</summary>
    /// <param name="query">The features.</param>
    /// <param name="entities">
    /// The keys of each entity by name: dictionaries, or classes, records and anonymous types whose properties are the keys by
    /// their snake_case names. A row may have the keys of several entities, of a user and a merchant, say.
    /// </param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A row for each entity, in their order.</returns>
    /// <remarks>
    /// More than <see cref="FeatureStoreOptions.MaxEntitiesPerCall"/> entities are asked for in several calls, a few at a time.
    /// </remarks>
    public Task<FeatureTable> QueryAsync(FeatureQuery query, IEnumerable<object> entities, CancellationToken cancellationToken = default) =>
        _queries.QueryAsync(query, entities, cancellationToken);

    /// <summary>Reads features of many entities at once, as a type of yours.</summary>
    /// <typeparam name="T">
    /// A class or record with a property for each feature, marked with <see cref="FeatureServiceAttribute"/> or
    /// <see cref="FeatureViewAttribute"/>: the service's features are asked for, or the properties of the view.
    /// </typeparam>
    /// <param name="entities">The keys of each entity by name, as in the other overload.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>A value for each entity, in their order; null where there is no feature of it.</returns>
    /// <exception cref="FeatureMappingException">A row does not fit, or lacks what the type cannot do without.</exception>
    public async Task<IReadOnlyList<T?>> QueryAsync<T>(IEnumerable<object> entities, CancellationToken cancellationToken = default)
        where T : class
    {
        var typeInfo = TypeInfo<T>();
        var view = FeatureMapping.ViewOf(typeof(T));
        var query = FeatureMapping.ServiceOf(typeof(T)) is { } service ? new FeatureQuery { Service = service }
            : view is not null ? new FeatureQuery { Features = [.. FeatureMapping.Of(typeInfo).Names.Select(name => $"{view}:{name}")] }
            : throw new ArgumentException($"{typeof(T).Name} has neither [FeatureService] nor [FeatureView]: name the features in a FeatureQuery instead.");
        return (await _queries.QueryAsync(query, entities, cancellationToken).ConfigureAwait(false)).To(typeInfo);
    }

    /// <summary>Keeps the features of entities at hand, current by a stream of changes, and serves them while the store is away, too.</summary>
    /// <param name="options">Which features, of how many entities, and how old they may be.</param>
    /// <returns>The cache, empty: an entity is in it from the first call for it on. It is the caller's to dispose of.</returns>
    /// <exception cref="OptionsValidationException">Settings are wrong; it lists all that are.</exception>
    public EdgeCache OpenEdge(EdgeOptions? options = null)
    {
        var asked = options ?? EdgeDefaults;
        asked.Require();
        return new EdgeCache(_reads, asked, _options.RetryDelay, _json, _time);
    }

    /// <summary>Sets features of an entity; others stay.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, an anonymous type, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">The features. Null is a value like others, not a removal: leave out what is to stay.</param>
    /// <param name="options">The view, the time at which they were true, and how long they are served.</param>
    /// <param name="cancellationToken">Ends the call; whether the row was stored is then open.</param>
    /// <returns>The row's stamps, and whether it is what is stored now.</returns>
    public Task<WriteResult> WriteAsync<T>(EntityId id, T features, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : notnull => WriteAsync(id, features, TypeInfo<T>(), options, cancellationToken);

    /// <summary>Sets features of an entity, by the generated metadata of their type; others stay.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">The features. Null is a value like others, not a removal: leave out what is to stay.</param>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    /// <param name="options">The view, the time at which they were true, and how long they are served.</param>
    /// <param name="cancellationToken">Ends the call; whether the row was stored is then open.</param>
    /// <returns>The row's stamps, and whether it is what is stored now.</returns>
    public Task<WriteResult> WriteAsync<T>(
        EntityId id, T features, JsonTypeInfo<T> typeInfo, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : notnull => _writes.WriteAsync(HttpMethod.Patch, id, features, typeInfo, options ?? WriteDefaults, cancellationToken);

    /// <summary>Replaces an entity's row: features that are not given are gone.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, an anonymous type, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">All of the entity's features in the view.</param>
    /// <param name="options">The view, the time at which they were true, and how long they are served.</param>
    /// <param name="cancellationToken">Ends the call; whether the row was stored is then open.</param>
    /// <returns>The row's stamps, and whether it is what is stored now.</returns>
    public Task<WriteResult> ReplaceAsync<T>(EntityId id, T features, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : notnull => ReplaceAsync(id, features, TypeInfo<T>(), options, cancellationToken);

    /// <summary>Replaces an entity's row, by the generated metadata of its type: features that are not given are gone.</summary>
    /// <typeparam name="T">A class or record with a property for each feature, or a dictionary.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="features">All of the entity's features in the view.</param>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    /// <param name="options">The view, the time at which they were true, and how long they are served.</param>
    /// <param name="cancellationToken">Ends the call; whether the row was stored is then open.</param>
    /// <returns>The row's stamps, and whether it is what is stored now.</returns>
    public Task<WriteResult> ReplaceAsync<T>(
        EntityId id, T features, JsonTypeInfo<T> typeInfo, WriteOptions? options = null, CancellationToken cancellationToken = default)
        where T : notnull => _writes.WriteAsync(HttpMethod.Put, id, features, typeInfo, options ?? WriteDefaults, cancellationToken);

    /// <summary>Deletes an entity's row in a view, or single features of it. Older rows do not bring it back.</summary>
    /// <param name="id">The entity.</param>
    /// <param name="options">The view, the features, and as of when.</param>
    /// <param name="cancellationToken">Ends the call; whether it was done is then open.</param>
    /// <returns>The deletion's stamps, and whether anything newer stood against all of it.</returns>
    public Task<WriteResult> DeleteAsync(EntityId id, DeleteOptions? options = null, CancellationToken cancellationToken = default) =>
        _writes.DeleteAsync(id, options ?? DeleteDefaults, cancellationToken);

    /// <summary>Writes a stream of rows, of any length and in constant memory.</summary>
    /// <param name="rows">The rows. They are taken as fast as they are stored; the stream must heed its cancellation token.</param>
    /// <param name="options">The size of requests, and what is done with rejected rows.</param>
    /// <param name="cancellationToken">Ends the stream; whether the rows under way were stored is then open.</param>
    /// <returns>How many rows went in, and which were rejected and why. Rejected rows keep no others out.</returns>
    /// <exception cref="WriteManyException">The stream was given up; it says how far it got.</exception>
    /// <exception cref="OptionsValidationException">Settings are wrong; it lists all that are.</exception>
    /// <remarks>
    /// Rows go out in batches, several at a time, and those that failed are sent again; so each row is given its stamps when it is
    /// taken from the stream, where it has none: a later row wins over an earlier one of this client, and a repeated one changes
    /// nothing. The stamps are of this machine's clock: where what is stored came from one that is ahead, the row is superseded.
    /// Exceptions of the stream itself pass through.
    /// </remarks>
    public Task<WriteManyResult> WriteManyAsync(
        IAsyncEnumerable<FeatureRow> rows, WriteManyOptions? options = null, CancellationToken cancellationToken = default)
    {
        var asked = options ?? WriteManyDefaults;
        asked.Require();
        var report = new StreamReport(asked);
        var sender = new BatchSender(_connection, new Retries(_options, asked.MaxRetries, timeout: null, _time), report, asked);
        return new RowStream(sender, report, asked, _json, _clock, _time).RunAsync(rows, cancellationToken);
    }

    /// <summary>Writes many rows, as the other overload does.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="options">The size of requests, and what is done with rejected rows.</param>
    /// <param name="cancellationToken">Ends the call; whether the rows under way were stored is then open.</param>
    /// <returns>How many rows went in, and which were rejected and why.</returns>
    /// <exception cref="WriteManyException">The stream was given up; it says how far it got.</exception>
    public Task<WriteManyResult> WriteManyAsync(
        IEnumerable<FeatureRow> rows, WriteManyOptions? options = null, CancellationToken cancellationToken = default) =>
        WriteManyAsync(rows.ToAsyncEnumerable(), options, cancellationToken);

    /// <summary>Closes the connections, where they are the client's own.</summary>
    public void Dispose() => _owned?.Dispose();

    private JsonTypeInfo<T> TypeInfo<T>() => (JsonTypeInfo<T>)_json.GetTypeInfo(typeof(T));
}
