using System.Text.Json.Serialization;

namespace FeatureStore.Samples.DaprInvoke;

/// <summary>Something that happened in this app.</summary>
internal sealed record Trip(string Driver, double Kilometres, double Rating);

/// <summary>A row as the feature store takes it.</summary>
internal sealed record FeatureRow(
    [property: JsonPropertyName("view")] string View,
    [property: JsonPropertyName("entity_id")] string EntityId,
    [property: JsonPropertyName("event_timestamp")] DateTimeOffset EventTimestamp,
    [property: JsonPropertyName("features")] Dictionary<string, double> Features)
{
    public static FeatureRow Of(Trip trip, DateTimeOffset at) =>
        new("driver_trips", trip.Driver, at, new() { ["last_trip_km"] = trip.Kilometres, ["last_rating"] = trip.Rating });
}

/// <summary>A reply of feature-api.</summary>
internal sealed record EntityFeatures(
    [property: JsonPropertyName("entity_id")] string EntityId,
    [property: JsonPropertyName("features")] Dictionary<string, System.Text.Json.JsonElement> Features);
