using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace FeatureStore.Client;

/// <summary>
/// Features at hand where a model runs: the first call for an entity opens a stream of its features, later ones are answered from
/// memory, whether the store can be reached or not.
/// </summary>
/// <remarks>
/// <para>
/// Changes come in as they are made. While there is no connection the last features go on being served until they expire, each
/// answer saying how old it may be, and a new connection is tried, at first soon, then at random within up to half a minute.
/// </para>
/// <para>
/// All members may be called at the same time. Dispose of it to close the streams, before the client that opened it.
/// </para>
/// </remarks>
public sealed class EdgeCache : IAsyncDisposable
{
    private readonly FeatureReads _reads;
    private readonly EdgeOptions _options;
    private readonly TimeSpan _pause;
    private readonly JsonSerializerOptions _json;
    private readonly TimeProvider _time;

    private readonly Lock _gate = new();
    private readonly Dictionary<EntityId, LinkedListNode<EdgeStream>> _kept = [];
    // Those that were asked for last come first.
    private readonly LinkedList<EdgeStream> _recent = [];
    // With those that are closing, and those that were let go while calls wait for them.
    private readonly HashSet<EdgeStream> _open = [];
    private bool _isClosed;

    internal EdgeCache(FeatureReads reads, EdgeOptions options, TimeSpan pause, JsonSerializerOptions json, TimeProvider time) =>
        (_reads, _options, _pause, _json, _time) = (reads, options with { Read = options.Read with { Metadata = true } }, pause, json, time);

    /// <summary>
    /// The latest known features of an entity: from memory and at once, except for the first call, which waits for them to come.
    /// </summary>
    /// <param name="id">The entity.</param>
    /// <param name="cancellationToken">Ends the wait of this call; the stream is opened all the same.</param>
    /// <returns>The features, how old they may be, and whether changes come in.</returns>
    /// <exception cref="FeatureStoreUnavailableException">
    /// They did not come within <see cref="EdgeOptions.ConnectTimeout"/>, or what is known is older than
    /// <see cref="EdgeOptions.MaxStaleness"/>. It goes on being tried: a later call may succeed.
    /// </exception>
    /// <exception cref="FeatureStoreException">
    /// The store refuses to tell, because the request is wrong, names what is not declared or lacks the right. So it ends for features
    /// that are already served, too; the next call asks again.
    /// </exception>
    /// <exception cref="ObjectDisposedException">The cache was disposed of.</exception>
    public ValueTask<EdgeFeatures> GetAsync(EntityId id, CancellationToken cancellationToken = default)
    {
        id.Required(nameof(id));
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<EdgeFeatures>(cancellationToken);
        }

        EdgeStream stream;
        EdgeState? state;
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isClosed, this);
            stream = Kept(id);
            state = stream.State;
            stream.Waiting += state is null ? 1 : 0;
        }

        return state is null ? WaitAsync(stream, cancellationToken)
            : IsTooStale(state) ? ValueTask.FromException<EdgeFeatures>(TooStale(stream, state))
            : ValueTask.FromResult(Served(state));
    }

    /// <summary>The latest known features of an entity as a type of yours.</summary>
    /// <typeparam name="T">A class or record with a property for each feature; <see cref="EdgeOptions.Read"/> says which are kept.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="cancellationToken">Ends the wait of this call.</param>
    /// <returns>The features; null where the entity has no live one.</returns>
    /// <exception cref="FeatureMappingException">They do not fit, or one is missing that the type cannot do without.</exception>
    /// <exception cref="FeatureStoreException">As from the call without a type.</exception>
    public ValueTask<T?> GetAsync<T>(EntityId id, CancellationToken cancellationToken = default)
        where T : class => GetAsync(id, (JsonTypeInfo<T>)_json.GetTypeInfo(typeof(T)), cancellationToken);

    /// <summary>The latest known features of an entity as a type of yours, by its generated metadata.</summary>
    /// <typeparam name="T">A class or record with a property for each feature; <see cref="EdgeOptions.Read"/> says which are kept.</typeparam>
    /// <param name="id">The entity.</param>
    /// <param name="typeInfo">The type's metadata; the names in it are taken as they are.</param>
    /// <param name="cancellationToken">Ends the wait of this call.</param>
    /// <returns>The features; null where the entity has no live one.</returns>
    /// <exception cref="FeatureMappingException">They do not fit, or one is missing that the type cannot do without.</exception>
    /// <exception cref="FeatureStoreException">As from the call without a type.</exception>
    public async ValueTask<T?> GetAsync<T>(EntityId id, JsonTypeInfo<T> typeInfo, CancellationToken cancellationToken = default)
        where T : class
    {
        var known = await GetAsync(id, cancellationToken).ConfigureAwait(false);
        return known.Features.Values.Count > 0 ? known.Features.To(typeInfo) : null;
    }

    /// <summary>Closes all streams. Calls that still wait fail.</summary>
    public async ValueTask DisposeAsync()
    {
        EdgeStream[] open;
        lock (_gate)
        {
            _isClosed = true;
            open = [.. _open];
        }

        foreach (var stream in open)
        {
            stream.Close();
        }

        await Task.WhenAll(open.Select(stream => stream.Running)).ConfigureAwait(false);
    }

    /// <summary>The stream of an entity, opened if there is none, as the one that was asked for last.</summary>
    private EdgeStream Kept(EntityId id)
    {
        if (_kept.TryGetValue(id, out var node))
        {
            _recent.Remove(node);
            _recent.AddFirst(node);
            return node.Value;
        }

        if (_kept.Count == _options.MaxEntities)
        {
            var last = _recent.Last!.Value;
            Forget(last);
            last.IsLetGo = true;
            CloseUnlessWaitedFor(last);
        }

        var stream = new EdgeStream(id, _reads, _options, _pause, _time);
        _kept.Add(id, _recent.AddFirst(stream));
        _open.Add(stream);
        stream.Start(OnEnded);
        return stream;
    }

    private async ValueTask<EdgeFeatures> WaitAsync(EdgeStream stream, CancellationToken cancellationToken)
    {
        TimeoutException? late = null;
        try
        {
            await stream.Settled.WaitAsync(_options.ConnectTimeout, _time, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            late = e;
        }
        finally
        {
            lock (_gate)
            {
                stream.Waiting--;
                CloseUnlessWaitedFor(stream);
            }
        }

        if (stream.State is { } state)
        {
            return IsTooStale(state) ? throw TooStale(stream, state) : Served(state);
        }

        if (late is not null)
        {
            throw new FeatureStoreUnavailableException(
                $"The features of '{stream.Id}' did not come within {_options.ConnectTimeout.TotalSeconds:0.###} s; it goes on being tried.{Because(stream)}",
                mayHaveBeenProcessed: false,
                stream.LastFailure ?? (Exception)late);
        }

        throw stream.IsRefused ? stream.LastFailure! : new ObjectDisposedException(typeof(EdgeCache).FullName);
    }

    private EdgeFeatures Served(EdgeState state) => new(state.Features.At(_time.GetUtcNow()), state.Staleness(_time), state.IsConnected);

    private bool IsTooStale(EdgeState state) => state.Staleness(_time) > _options.MaxStaleness;

    private FeatureStoreUnavailableException TooStale(EdgeStream stream, EdgeState state) => new(
        $"What is known of '{stream.Id}' may be {state.Staleness(_time).TotalSeconds:0.###} s old; "
        + $"at most {_options.MaxStaleness!.Value.TotalSeconds:0.###} s are allowed.{Because(stream)}",
        mayHaveBeenProcessed: false,
        stream.LastFailure);

    private static string Because(EdgeStream stream) => stream.LastFailure is { } failure ? $" Last: {failure.Message}" : "";

    private static void CloseUnlessWaitedFor(EdgeStream stream)
    {
        if (stream is { IsLetGo: true, Waiting: 0 })
        {
            stream.Close();
        }
    }

    private void OnEnded(EdgeStream stream)
    {
        lock (_gate)
        {
            _open.Remove(stream);
            Forget(stream);
        }
    }

    private void Forget(EdgeStream stream)
    {
        // Meanwhile another may be kept for the same entity.
        if (_kept.TryGetValue(stream.Id, out var node) && node.Value == stream)
        {
            _kept.Remove(stream.Id);
            _recent.Remove(node);
        }
    }
}
