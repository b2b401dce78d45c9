namespace FeatureStore.DevSidecar.Resources;

/// <summary>How many events one delivery may carry, and how long the first of them waits for more.</summary>
internal sealed record BulkSubscribe(int MaxMessagesCount, TimeSpan MaxAwaitDuration)
{
    public const int DefaultMaxMessagesCount = 100;

    public static readonly TimeSpan DefaultMaxAwaitDuration = TimeSpan.FromSeconds(1);
}
