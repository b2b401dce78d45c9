using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>One feature of a reply.</summary>
/// <param name="Name">The name under which it is served: the feature's own, or <c>view__feature</c> where views share it.</param>
/// <param name="OwnName">The feature's own name in its view.</param>
/// <param name="View">The view that it comes from.</param>
/// <param name="Status">Whether there is a value.</param>
/// <param name="Value">The value's exact JSON text.</param>
/// <param name="Stamp">When the value was true, or when it was deleted; null where nothing is known.</param>
/// <param name="Expiry">Until when the value is served.</param>
internal readonly record struct ServedFeature(
    ReadOnlyMemory<byte> Name,
    ReadOnlyMemory<byte> OwnName,
    string View,
    FeatureStatus Status,
    ReadOnlyMemory<byte> Value,
    Stamp? Stamp,
    Timestamp Expiry)
{
    public bool IsLive => Status is FeatureStatus.Present or FeatureStatus.NullValue;
}
