namespace FeatureStore.Hosting.Access;

/// <summary>Who was let in.</summary>
/// <param name="Name">The API key's name, or the app id that calls through the sidecar; empty for the sidecar itself.</param>
/// <param name="IsSidecar">Whether the request comes through the service's own sidecar.</param>
internal sealed record Caller(string Name, bool IsSidecar);
