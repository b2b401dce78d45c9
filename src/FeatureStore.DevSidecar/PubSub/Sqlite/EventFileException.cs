namespace FeatureStore.DevSidecar.PubSub.Sqlite;

/// <summary>Work on the file of events failed; nothing of it was done.</summary>
internal sealed class EventFileException(string message, Exception? innerException = null) : Exception(message, innerException);
