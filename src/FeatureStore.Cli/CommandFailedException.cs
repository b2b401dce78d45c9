namespace FeatureStore.Cli;

/// <summary>The command could not be carried out; the message says why and what to do.</summary>
internal sealed class CommandFailedException(string message, Exception? inner = null) : Exception(message, inner);
