namespace FeatureStore.DevSidecar.PubSub;

/// <summary>The W3C trace headers of a request; empty where it had none.</summary>
internal readonly record struct TraceContext(string Parent, string State)
{
    /// <summary>The metadata in which the trace of an event lies that has no envelope.</summary>
    public const string IdName = "traceid";

    public const string StateName = "tracestate";
}
