namespace FeatureStore.DaprConformance.Sidecars;

/// <summary>A sidecar that recorded calls are made to.</summary>
public interface ISidecar : IAsyncDisposable
{
    Uri Http { get; }

    Uri Grpc { get; }

    /// <summary>The token that goes with every call; null: none.</summary>
    string? ApiToken { get; }
}
