namespace FeatureStore.DevSidecar.State;

/// <summary>One key to save. <see cref="ETag"/> null: no check.</summary>
internal readonly record struct StateWrite(
    string Key, ReadOnlyMemory<byte> Value, string? ETag, bool FirstWrite, string? TtlInSeconds, bool IsJson);
