using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;
using FeatureStore.DaprConformance.Sidecars;
using StackExchange.Redis;

namespace FeatureStore.DaprConformance.Rows;

/// <summary>The streams that the Redis component writes.</summary>
public sealed class RedisStreams(IConnectionMultiplexer connection) : IAsyncDisposable
{
    public IDatabase Database => connection.GetDatabase();

    public static async Task<RedisStreams> ConnectAsync(string endpoint) => new(await ConnectionMultiplexer.ConnectAsync($"{endpoint},allowAdmin=true"));

    /// <summary>Compares the newest entry of a stream.</summary>
    public async Task CompareEntryAsync(Comparison comparison, string stream, JsonElement recorded)
    {
        var newest = (await Database.StreamRangeAsync(stream, count: 1, messageOrder: Order.Descending)).SingleOrDefault();
        var fields = (newest.Values ?? []).ToDictionary(v => v.Name.ToString(), v => RecordedText.Of((byte[])v.Value!));
        comparison.Json("stream_entry", recorded, JsonSerializer.SerializeToElement(fields));
    }

    /// <summary>How many messages of a stream a group has taken and not acknowledged; 0 without that group.</summary>
    public async Task<int> PendingAsync(string stream, string group = "app1") =>
        (await GroupsAsync(stream)).FirstOrDefault(g => g.Name == group).PendingMessageCount;

    public async Task<StreamGroupInfo[]> GroupsAsync(string stream)
    {
        try
        {
            return await Database.StreamGroupInfoAsync(stream);
        }
        catch (RedisServerException)
        {
            // There is no such stream yet.
            return [];
        }
    }

    /// <summary>Compares what a step shows of a stream, its group, its consumers and the keys that there are.</summary>
    public async Task CompareLayoutAsync(Comparison comparison, string stream, JsonElement step)
    {
        var groups = (await GroupsAsync(stream)).Select(g => new { name = g.Name, consumers = g.ConsumerCount, pending = g.PendingMessageCount });
        comparison.Json("groups", step.GetProperty("groups"), JsonSerializer.SerializeToElement(groups));
        var consumers = (await Database.StreamConsumerInfoAsync(stream, "app1")).Select(c => new { name = c.Name, pending = c.PendingMessageCount });
        comparison.Json("consumers", step.GetProperty("consumers"), JsonSerializer.SerializeToElement(consumers));
        var keys = (await KeysAsync()).Order(StringComparer.Ordinal);
        comparison.Json("keys", step.GetProperty("keys"), JsonSerializer.SerializeToElement(keys));
        comparison.Number("xlen", step.GetProperty("xlen_plain_is_never_trimmed").GetInt32(), (int)await Database.StreamLengthAsync(stream));
    }

    /// <summary>Says so when there are events already: they would be taken for those of the steps.</summary>
    /// <exception cref="ExternalSidecarException">There are.</exception>
    public async Task ExpectEmptyAsync()
    {
        foreach (var key in await KeysAsync())
        {
            if (await Database.StreamLengthAsync(key) is > 0 and var length)
            {
                throw new ExternalSidecarException(
                    $"The file was recorded from an empty Redis, and in this one the stream '{key}' has {length} entries. "
                    + "Empty it (redis-cli FLUSHDB), and start the sidecar anew.");
            }
        }
    }

    /// <summary>Takes the entries away. The streams stay, as a sidecar that runs needs its groups.</summary>
    public async Task EmptyAsync()
    {
        foreach (var key in await KeysAsync())
        {
            await Database.StreamTrimAsync(key, 0);
        }
    }

    public Task FlushAsync() => connection.GetServers()[0].FlushDatabaseAsync();

    /// <summary>Every stream; somebody's sidecar may have its state beside them.</summary>
    private async Task<List<string>> KeysAsync()
    {
        var streams = new List<string>();
        foreach (var key in connection.GetServers()[0].Keys(Database.Database))
        {
            if (ExternalSidecar.Current is null || await Database.KeyTypeAsync(key) == RedisType.Stream)
            {
                streams.Add(key.ToString());
            }
        }

        return streams;
    }

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
