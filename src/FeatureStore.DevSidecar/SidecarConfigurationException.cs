namespace FeatureStore.DevSidecar;

/// <summary>
/// The sidecar cannot start as it is configured: a port in use, a missing resources path, a resource that
/// DevSidecar does not know, or a component that does not initialise. The message is one line that names the cause.
/// </summary>
public sealed class SidecarConfigurationException : Exception
{
    public SidecarConfigurationException(string message)
        : base(message)
    {
    }

    public SidecarConfigurationException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
