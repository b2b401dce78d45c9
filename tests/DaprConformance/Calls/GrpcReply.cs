using System.Text.Json;

namespace FeatureStore.DaprConformance.Calls;

/// <summary>What a sidecar answered to a gRPC call; <see cref="Body"/> is null on failure.</summary>
public sealed record GrpcReply(string Status, string Details, JsonElement? Body, string Message, IReadOnlyList<JsonElement> ErrorDetails);
