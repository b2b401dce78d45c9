using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Features as they were read, of which those that have expired since are no longer shown.</summary>
internal sealed class ExpiringFeatures
{
    private readonly EntityFeatures _read;
    private readonly DateTimeOffset _firstExpiry;

    public ExpiringFeatures(EntityFeatures read)
    {
        _read = read;
        _firstExpiry = read.Values.Min(feature => Expiry(feature.Key, feature.Value)) ?? DateTimeOffset.MaxValue;
    }

    /// <summary>The features that are live at a time.</summary>
    public EntityFeatures At(DateTimeOffset now) => _read.With(
        now < _firstExpiry ? _read.Values : _read.Values.Where(feature => !(Expiry(feature.Key, feature.Value) <= now)).ToDictionary(StringComparer.Ordinal),
        new AgedMetadata(_read.Metadata, now));

    /// <summary>Until when a value is served; null for ever, and for a default that stands in for what has no value.</summary>
    private DateTimeOffset? Expiry(string feature, JsonElement value) => _read.Metadata.TryGetValue(feature, out var known)
        && (known.Status == FeatureStatus.Present || (known.Status == FeatureStatus.NullValue && value.ValueKind == JsonValueKind.Null))
        ? known.ExpiresAt
        : null;
}
