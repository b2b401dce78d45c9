using System.Globalization;
using Dapr.Client.Autogen.Grpc.v1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace FeatureStore.Dapr;

/// <summary>The sidecar's state API as the feature store uses it: bulk reads, and bulk saves by compare-and-swap.</summary>
public sealed partial class StateStore(SidecarConnection connection, TimeProvider time, ILogger<StateStore> logger)
{
    /// <summary>A key under which nothing lies: documents of the project's own begin with $.</summary>
    private const string HealthKey = "$health";

    private const string ProbeKey = "$probe";

    private readonly SidecarOptions _options = connection.Options;

    /// <summary>Reads documents.</summary>
    /// <param name="keys">Distinct state keys.</param>
    /// <param name="timeout">The longest that the read may take.</param>
    /// <param name="cancellationToken">Gives the read up.</param>
    /// <returns>An item for each key, in the order of the keys.</returns>
    /// <exception cref="StateUnavailableException">The store or the sidecar did not answer.</exception>
    public Task<StateItem[]> GetAsync(IReadOnlyList<string> keys, TimeSpan timeout, CancellationToken cancellationToken) =>
        GetAsync(keys, timeout, isSecond: false, cancellationToken);

    private async Task<StateItem[]> GetAsync(IReadOnlyList<string> keys, TimeSpan timeout, bool isSecond, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var request = new GetBulkStateRequest { StoreName = _options.StateStore, Parallelism = _options.Parallelism };
        request.Keys.AddRange(keys);
        GetBulkStateResponse reply;
        try
        {
            reply = await connection.Grpc.GetBulkStateAsync(request, Call(timeout, cancellationToken));
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted && keys.Count > 1)
        {
            // Too much for one message of the sidecar.
            var half = keys.Count / 2;
            var left = timeout - time.GetElapsedTime(started);
            var halves = await Task.WhenAll(
                GetAsync([.. keys.Take(half)], left, isSecond, cancellationToken),
                GetAsync([.. keys.Skip(half)], left, isSecond, cancellationToken));
            return [.. halves[0], .. halves[1]];
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            return [new StateItem(default, null, e.Status.Detail)];
        }
        catch (RpcException e)
        {
            throw Failure(e, "read", cancellationToken);
        }

        var items = Match(keys, reply);
        if (!isSecond)
        {
            await ReadForeignAgainAsync(keys, items, timeout - time.GetElapsedTime(started), cancellationToken);
        }

        if (Array.TrueForAll(items, item => item.Error is not null && !item.IsForeign))
        {
            await TellOutageAsync(keys, items[0].Error!, timeout - time.GetElapsedTime(started), cancellationToken);
        }

        return items;
    }

    /// <summary>Saves documents, each only if it still has the version that was read.</summary>
    /// <exception cref="StateUnavailableException">The sidecar refuses every save: the component, or the token, is wrong.</exception>
    public async Task<SaveResult> SaveAsync(IReadOnlyList<StateSave> saves, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var request = new SaveStateRequest { StoreName = _options.StateStore };
        foreach (var save in saves)
        {
            var item = new global::Dapr.Client.Autogen.Grpc.v1.StateItem
            {
                Key = save.Key,
                Value = UnsafeByteOperations.UnsafeWrap(save.Data),
                Options = new StateOptions { Concurrency = StateOptions.Types.StateConcurrency.ConcurrencyFirstWrite },
            };
            if (save.ETag is { } etag)
            {
                item.Etag = new Etag { Value = etag };
            }

            // Always sent: without it Redis would leave the key its old time to live.
            item.Metadata.Add("ttlInSeconds", (save.TtlSeconds ?? -1).ToString(CultureInfo.InvariantCulture));
            request.States.Add(item);
        }

        try
        {
            await connection.Grpc.SaveStateAsync(request, Call(timeout, cancellationToken));
            return SaveResult.Saved;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
        {
            return SaveResult.Conflict;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.ResourceExhausted)
        {
            return SaveResult.TooLarge;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.InvalidArgument)
        {
            // An unknown store is told so, too: the next read tells.
            return SaveResult.Refused;
        }
        catch (RpcException e) when (e.StatusCode is StatusCode.FailedPrecondition or StatusCode.Unauthenticated or StatusCode.PermissionDenied or StatusCode.Unimplemented)
        {
            throw Failure(e, "save", cancellationToken);
        }
        catch (RpcException e)
        {
            Log.SaveUnclear(logger, saves.Count, e.StatusCode, e.Status.Detail);
            return SaveResult.Unclear;
        }
    }

    /// <summary>Removes a document if it still has the version that was read. Never a row's: what a delete leaves of a row has to stay.</summary>
    /// <returns>False if it has changed since.</returns>
    /// <exception cref="StateUnavailableException">The store or the sidecar did not answer.</exception>
    public async Task<bool> RemoveAsync(string key, string etag, CancellationToken cancellationToken)
    {
        var request = new DeleteStateRequest { StoreName = _options.StateStore, Key = key, Etag = new Etag { Value = etag } };
        try
        {
            await connection.Grpc.DeleteStateAsync(request, Call(_options.SaveTimeout, cancellationToken));
            return true;
        }
        catch (RpcException e) when (e.StatusCode == StatusCode.Aborted)
        {
            return false;
        }
        catch (RpcException e)
        {
            throw Failure(e, "delete", cancellationToken);
        }
    }

    /// <summary>Sees whether the store answers.</summary>
    /// <exception cref="StateStoreException">It does not.</exception>
    public Task CheckAsync(CancellationToken cancellationToken) => GetAsync([HealthKey], _options.ReadTimeout, cancellationToken);

    /// <summary>Sees whether the store takes a save, of a document that it soon forgets.</summary>
    public async Task<bool> TakesSavesAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await SaveAsync([new StateSave($"{ProbeKey}/{Guid.NewGuid()}", "{}"u8.ToArray(), null, 60)], _options.SaveTimeout, cancellationToken) == SaveResult.Saved;
        }
        catch (StateUnavailableException)
        {
            return false;
        }
    }

    /// <summary>
    /// Dapr's Redis component reads a row as a plain string when it could not read it as what it is, whatever the reason;
    /// what looks foreign may be a row that met a moment's failure, so it is believed only the second time.
    /// </summary>
    private async Task ReadForeignAgainAsync(IReadOnlyList<string> keys, StateItem[] items, TimeSpan left, CancellationToken cancellationToken)
    {
        if (left <= TimeSpan.Zero || !Array.Exists(items, item => item.IsForeign))
        {
            return;
        }

        var foreign = Enumerable.Range(0, items.Length).Where(i => items[i].IsForeign).ToList();
        await Task.Delay(TimeSpan.FromMilliseconds(20), time, cancellationToken);
        var again = await GetAsync(foreign.ConvertAll(i => keys[i]), left, isSecond: true, cancellationToken);
        for (var i = 0; i < again.Length; i++)
        {
            items[foreign[i]] = again[i];
        }
    }

    /// <summary>A sidecar whose store is away answers well, with an error for every key.</summary>
    private async Task TellOutageAsync(IReadOnlyList<string> keys, string error, TimeSpan left, CancellationToken cancellationToken)
    {
        if (keys.Count == 1 && keys[0] != HealthKey && left > TimeSpan.Zero)
        {
            // It may be this one key alone that cannot be read.
            await GetAsync([HealthKey], left, cancellationToken);
            return;
        }

        throw new StateUnavailableException($"The state store '{_options.StateStore}' cannot be read: {error}");
    }

    private static StateItem[] Match(IReadOnlyList<string> keys, GetBulkStateResponse reply)
    {
        var items = new StateItem[keys.Count];
        var inOrder = reply.Items.Count == keys.Count;
        for (var i = 0; inOrder && i < items.Length; i++)
        {
            var item = reply.Items[i];
            inOrder = item.Key == keys[i];
            items[i] = Item(item);
        }

        if (inOrder)
        {
            return items;
        }

        // Stores differ in the order of their replies.
        var byKey = new Dictionary<string, BulkStateItem>(reply.Items.Count, StringComparer.Ordinal);
        foreach (var item in reply.Items)
        {
            byKey.TryAdd(item.Key, item);
        }

        for (var i = 0; i < items.Length; i++)
        {
            items[i] = byKey.TryGetValue(keys[i], out var item)
                ? Item(item)
                : new StateItem(default, null, "the sidecar's reply lacks the key");
        }

        return items;
    }

    private static StateItem Item(BulkStateItem item) => item.Error.Length > 0
        ? new StateItem(default, null, item.Error)
        : item.Etag.Length == 0 && item.Data.IsEmpty
            ? default
            : new StateItem(item.Data.Memory, item.Etag, null);

    private CallOptions Call(TimeSpan timeout, CancellationToken cancellationToken) =>
        new(connection.Headers, (time.GetUtcNow() + timeout).UtcDateTime, cancellationToken);

    private StateUnavailableException Failure(RpcException e, string what, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var message = e.StatusCode switch
        {
            StatusCode.Unavailable => $"The Dapr sidecar at {_options.GrpcEndpoint} cannot be reached: {e.Status.Detail}",
            StatusCode.DeadlineExceeded => $"The state store '{_options.StateStore}' did not answer a {what} in time.",
            StatusCode.Unauthenticated => $"The Dapr sidecar at {_options.GrpcEndpoint} refuses the API token.",
            _ => $"The state store '{_options.StateStore}' failed to {what}: {e.Status.Detail}",
        };
        return new StateUnavailableException(message, e);
    }

    private static partial class Log
    {
        // On Redis losing a race to create a row looks like this, too, so it is no warning by itself.
        [LoggerMessage(1, LogLevel.Information, "A save of {Count} rows ended unclear ({Status}): {Detail}")]
        public static partial void SaveUnclear(ILogger logger, int count, StatusCode status, string detail);
    }
}
