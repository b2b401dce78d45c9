using System.IO.Hashing;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>Rows in memory, encoded, within a budget of bytes that are really taken. Safe for any number of threads.</summary>
public sealed class RowMemory
{
    /// <summary>The least budget that makes sense.</summary>
    public const long LeastBytes = 1024 * 1024;

    private const int MostShards = 32;
    private const long LeastShardBytes = 1024 * 1024;

    private readonly RowShard[] _shards;
    private readonly long _seed = Random.Shared.NextInt64();

    /// <param name="budgetBytes">The most bytes that rows, keys and index take.</param>
    public RowMemory(long budgetBytes)
    {
        var shards = (int)Math.Clamp(budgetBytes / LeastShardBytes, 1, MostShards);
        _shards = [.. Enumerable.Range(0, shards).Select(_ => new RowShard(budgetBytes / shards))];
    }

    /// <summary>The bytes taken: segments and index, whether in use or not.</summary>
    public long Bytes => _shards.Sum(shard => shard.Bytes);

    /// <summary>How many rows are held, absent ones included.</summary>
    public long Count => _shards.Sum(shard => (long)shard.Count);

    /// <summary>How many rows were let go of for want of room.</summary>
    public long Evictions => _shards.Sum(shard => shard.Evictions);

    /// <summary>The shard of a key, and the key's hash in it.</summary>
    internal RowShard Shard(ReadOnlySpan<byte> key, out uint hash)
    {
        // Keys are chosen by callers: with a seed of our own they cannot choose them so that they collide.
        var full = XxHash3.HashToUInt64(key, _seed);
        hash = (uint)full;
        return _shards[(int)((full >> 32) % (ulong)_shards.Length)];
    }
}
