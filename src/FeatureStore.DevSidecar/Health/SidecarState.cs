namespace FeatureStore.DevSidecar.Health;

/// <summary>How far the sidecar is: what the healthz endpoints answer.</summary>
internal sealed class SidecarState
{
    private volatile bool _ready;
    private volatile bool _stopping;

    /// <summary>Completes when a caller of the API wants the sidecar to stop.</summary>
    public TaskCompletionSource ShutdownRequested { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Whether the app was found and the sidecar is not stopping.</summary>
    public bool IsReady => _ready && !_stopping;

    /// <summary>Whether the API is open: it does not wait for the app.</summary>
    public bool IsOutboundReady => !_stopping;

    public void SetReady() => _ready = true;

    public void SetStopping() => _stopping = true;
}
