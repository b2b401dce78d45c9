namespace FeatureStore.DevSidecar.State;

/// <summary>
/// What is stored under a key; <see cref="ETag"/> null: nothing. <see cref="Index"/> tells which of the requested keys
/// it answers; −1 is a repetition that the store answers with an empty key.
/// </summary>
internal readonly record struct StateRead(int Index, ReadOnlyMemory<byte> Value, string? ETag, DateTimeOffset? ExpiresAt, string? Error)
{
    public const int Repetition = -1;

    public bool Found => ETag is not null;

    public static StateRead Absent(int index) => new(index, default, null, null, null);

    public static StateRead Failed(int index, string error) => new(index, default, null, null, error);
}
