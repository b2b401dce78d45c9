using System.Collections.Concurrent;
using FeatureStore.DevSidecar.Resources;

namespace FeatureStore.DevSidecar.Metadata;

/// <summary>What the metadata API tells about the sidecar.</summary>
internal sealed class SidecarMetadata(SidecarOptions options, Func<IReadOnlyList<SubscriptionResource>> subscriptions)
{
    /// <summary>Stands where daprd tells its own version, so that a figure or a bug report says what it was taken from.</summary>
    public const string RuntimeVersion = "devsidecar";

    private readonly ConcurrentDictionary<string, string> _extended = new() { ["daprRuntimeVersion"] = RuntimeVersion };

    public SidecarOptions Options => options;

    public IReadOnlyList<ComponentInfo> Components { get; set; } = [];

    public IReadOnlyList<SubscriptionResource> Subscriptions => subscriptions();

    public IReadOnlyDictionary<string, string> Extended => _extended;

    public void SetExtended(string name, string value) => _extended[name] = value;
}
