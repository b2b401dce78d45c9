using System.Text.Json;
using FeatureStore.DaprConformance.Comparing;
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
        var keys = connection.GetServers()[0].Keys(Database.Database).Select(k => k.ToString()).Order(StringComparer.Ordinal);
        comparison.Json("keys", step.GetProperty("keys"), JsonSerializer.SerializeToElement(keys));
        comparison.Number("xlen", step.GetProperty("xlen_plain_is_never_trimmed").GetInt32(), (int)await Database.StreamLengthAsync(stream));
    }

    public Task FlushAsync() => connection.GetServers()[0].FlushDatabaseAsync();

    public ValueTask DisposeAsync() => connection.DisposeAsync();
}
