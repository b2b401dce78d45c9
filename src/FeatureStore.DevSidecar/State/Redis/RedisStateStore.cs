using System.Globalization;
using StackExchange.Redis;

namespace FeatureStore.DevSidecar.State.Redis;

/// <summary><c>state.redis</c>: a hash per key with the fields data, version and first-write, written by daprd's scripts.</summary>
internal sealed class RedisStateStore(ConnectionMultiplexer connection, string? defaultTtl) : IStateStore
{
    private const string FieldMissing = "required hash field 'data' or 'version' was not found";

    private readonly IDatabase _database = connection.GetDatabase();

    public IReadOnlyList<string> Capabilities { get; } = ["ETAG", "TTL"];

    public bool EscapesHtml => false;

    public bool TellsEmptyFromNone => true;

    public async ValueTask<StateRead> GetAsync(string key, CancellationToken cancellationToken)
    {
        var read = await ReadAsync(0, key, _database.HashGetAllAsync(key).WaitAsync(cancellationToken));
        return read.Error is { } error ? throw StateStoreException.Failed(error) : read;
    }

    public async ValueTask<IReadOnlyList<StateRead>> GetManyAsync(IReadOnlyList<string> keys, int parallelism, CancellationToken cancellationToken)
    {
        // All commands are on their way before the first answer is awaited: one round trip, whatever the parallelism,
        // whose bound protects daprd from a goroutine a key.
        var pending = new Task<HashEntry[]>[keys.Count];
        for (var i = 0; i < pending.Length; i++)
        {
            pending[i] = _database.HashGetAllAsync(keys[i]);
        }

        var reads = new StateRead[keys.Count];
        for (var i = 0; i < reads.Length; i++)
        {
            reads[i] = await ReadAsync(i, keys[i], pending[i]);
        }

        return reads;
    }

    public ValueTask<IReadOnlyList<StateStoreException>> SaveAsync(IReadOnlyList<StateWrite> items, CancellationToken cancellationToken) =>
        AllAsync(items, SaveAsync);

    public ValueTask<IReadOnlyList<StateStoreException>> DeleteAsync(IReadOnlyList<StateDelete> items, CancellationToken cancellationToken) =>
        AllAsync(items, DeleteAsync);

    public ValueTask DisposeAsync() => connection.DisposeAsync();

    private static async ValueTask<IReadOnlyList<StateStoreException>> AllAsync<T>(
        IReadOnlyList<T> items, Func<T, Task<StateStoreException?>> apply)
    {
        if (items.Count == 1)
        {
            return await apply(items[0]) is { } single ? [single] : [];
        }

        var pending = new Task<StateStoreException?>[items.Count];
        for (var i = 0; i < pending.Length; i++)
        {
            pending[i] = apply(items[i]);
        }

        var errors = new List<StateStoreException>();
        foreach (var task in pending)
        {
            if (await task is { } error)
            {
                errors.Add(error);
            }
        }

        return errors;
    }

    private static bool IsRedisFault(Exception exception) =>
        exception is RedisException or TimeoutException or ObjectDisposedException;

    private async ValueTask<StateRead> ReadAsync(int index, string key, Task<HashEntry[]> pending)
    {
        HashEntry[] fields;
        try
        {
            fields = await pending;
        }
        catch (Exception exception) when (IsRedisFault(exception))
        {
            return await ReadForeignAsync(index, key);
        }

        if (fields.Length == 0)
        {
            return StateRead.Absent(index);
        }

        var (data, version) = (RedisValue.Null, RedisValue.Null);
        foreach (var field in fields)
        {
            if (field.Name == "data")
            {
                data = field.Value;
            }
            else if (field.Name == "version")
            {
                version = field.Value;
            }
        }

        return data.IsNull || version.IsNull
            ? StateRead.Failed(index, FieldMissing)
            : new StateRead(index, data, version.ToString(), null, null);
    }

    /// <summary>
    /// A plain string that something else than Dapr wrote has a value and no ETag. Dapr tries for one whatever went wrong
    /// before, so that a hash which could not be read for a moment can come out as WRONGTYPE.
    /// </summary>
    private async Task<StateRead> ReadForeignAsync(int index, string key)
    {
        try
        {
            return new StateRead(index, await _database.StringGetAsync(key), "", null, null);
        }
        catch (Exception exception) when (IsRedisFault(exception))
        {
            return StateRead.Failed(index, exception.Message);
        }
    }

    private async Task<StateStoreException?> SaveAsync(StateWrite item)
    {
        try
        {
            var hasETag = !string.IsNullOrEmpty(item.ETag);
            var version = hasETag ? Version(item.ETag!) : 0;
            var ttl = StateTtl.Parse(
                string.IsNullOrEmpty(item.TtlInSeconds) ? defaultTtl : item.TtlInSeconds, errorPrefix: "failed to parse ttl from metadata: ");
            try
            {
                await _database.ScriptEvaluateAsync(
                    RedisStateScripts.Set, [item.Key], [version, item.Value, item.FirstWrite ? 0 : 1]);
            }
            catch (Exception exception) when (IsRedisFault(exception))
            {
                // With an ETag any error, an outage too, is reported as a mismatch.
                return hasETag
                    ? StateStoreException.Mismatch(exception.Message, exception)
                    : StateStoreException.Failed($"failed to set key {item.Key}: {exception.Message}", exception);
            }

            if (ttl is not null)
            {
                await ExpireAsync(item.Key, ttl.Value);
            }

            return null;
        }
        catch (StateStoreException error)
        {
            return error;
        }
    }

    /// <summary>A command of its own after the script, so a save can succeed by half.</summary>
    private async Task ExpireAsync(string key, long ttl)
    {
        try
        {
            _ = ttl > 0
                ? await _database.KeyExpireAsync(key, TimeSpan.FromSeconds(ttl))
                : await _database.KeyPersistAsync(key);
        }
        catch (Exception exception) when (IsRedisFault(exception))
        {
            throw StateStoreException.Failed(
                ttl > 0 ? $"failed to set key {key} ttl: {exception.Message}" : $"failed to persist key {key}: {exception.Message}", exception);
        }
    }

    private async Task<StateStoreException?> DeleteAsync(StateDelete item)
    {
        try
        {
            await _database.ScriptEvaluateAsync(
                RedisStateScripts.Delete, [item.Key], [string.IsNullOrEmpty(item.ETag) ? "0" : item.ETag]);
            return null;
        }
        catch (Exception exception) when (IsRedisFault(exception))
        {
            return StateStoreException.Mismatch(exception.Message, exception);
        }
    }

    private static long Version(string etag) => long.TryParse(etag, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var version)
        ? version
        : throw StateStoreException.InvalidETag($"strconv.Atoi: parsing \"{etag}\": invalid syntax");
}
