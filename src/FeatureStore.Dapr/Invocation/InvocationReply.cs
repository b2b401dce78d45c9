using System.Net;

namespace FeatureStore.Dapr;

/// <summary>What a service, or a sidecar on the way to it, answered.</summary>
/// <param name="Status">The HTTP status.</param>
/// <param name="Body">The body.</param>
public readonly record struct InvocationReply(HttpStatusCode Status, ReadOnlyMemory<byte> Body);
