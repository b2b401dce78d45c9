namespace FeatureStore.DevSidecar.PubSub;

/// <summary>What a broker keeps: the published bytes and, unless it came in a bulk without any, the publisher's metadata.</summary>
internal sealed class BrokerMessage(string id, ReadOnlyMemory<byte> data, IReadOnlyDictionary<string, string>? metadata)
{
    private long _attemptStarted;

    /// <summary>The broker's id of the message, by which it is acknowledged.</summary>
    public string Id { get; } = id;

    public ReadOnlyMemory<byte> Data { get; } = data;

    public IReadOnlyDictionary<string, string>? Metadata { get; } = metadata;

    /// <summary>The timestamp at which the app was given the message; 0 while it waits, for its first attempt or between two.</summary>
    public long AttemptStarted
    {
        get => Interlocked.Read(ref _attemptStarted);
        set => Interlocked.Exchange(ref _attemptStarted, value);
    }
}
