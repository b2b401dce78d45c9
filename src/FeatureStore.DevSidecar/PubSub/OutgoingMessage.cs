namespace FeatureStore.DevSidecar.PubSub;

/// <summary>A message on its way to a broker.</summary>
internal readonly record struct OutgoingMessage(ReadOnlyMemory<byte> Data, IReadOnlyDictionary<string, string>? Metadata);
