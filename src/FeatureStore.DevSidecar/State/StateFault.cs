namespace FeatureStore.DevSidecar.State;

internal enum StateFault
{
    Failed,
    ETagMismatch,
    ETagInvalid,
}
