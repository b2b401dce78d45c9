namespace FeatureStore.DevSidecar.PubSub;

/// <summary>A broker did not take a message.</summary>
internal sealed class BrokerException(string message, Exception innerException) : Exception(message, innerException);
