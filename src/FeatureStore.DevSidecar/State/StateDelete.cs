namespace FeatureStore.DevSidecar.State;

/// <summary>One key to delete. <see cref="ETag"/> null: no check.</summary>
internal readonly record struct StateDelete(string Key, string? ETag, bool FirstWrite);
