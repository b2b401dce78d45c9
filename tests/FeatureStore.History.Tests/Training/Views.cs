using FeatureStore.Model;

namespace FeatureStore.History.Tests;

/// <summary>Two views of two entities: one closed and of one key, one open and of two.</summary>
internal static class Views
{
    public const string Weather = "airport_weather";
    public const string Aircraft = "aircraft";

    /// <summary>A feature that only an open view can have, with everything in its name that SQL and JSON care for, and ending as if it were another.</summary>
    public const string OddName = "'ü' x\"temp";

    public static readonly Entity AirportEntity = new("airport", [new JoinKey("origin", ScalarType.String)], Description.None);

    public static readonly Entity AircraftEntity = new(
        "aircraft", [new JoinKey("tail", ScalarType.String), new JoinKey("slot", ScalarType.Int32)], Description.None);

    public static readonly FeatureView WeatherView = Of(Weather, "airport", isOpen: false,
        ("temp", "float64"), ("gusts", "int64"), ("note", "string"), ("embedding", "list<float32>"));

    public static readonly FeatureView AircraftView = Of(Aircraft, "aircraft", isOpen: true, ("temp", "float64"), ("seats", "int64"));

    public static FeatureView Of(string name, string entity, bool isOpen, params (string Name, string Type)[] features) => new()
    {
        Name = name,
        Entity = entity,
        IsOpen = isOpen,
        Features = [.. features.Select(feature => new Feature(feature.Name, TypeOf(feature.Type), null, Description.None))],
    };

    public static FeatureType TypeOf(string name) => FeatureType.TryParse(name, out var type) ? type : throw new ArgumentException(name);
}
