using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.Client.Tests;

/// <summary>Features by a record's constructor: one that must be there, some that may be null, one with a default.</summary>
[FeatureView("airport_weather")]
internal sealed record AirportWeather(double Temp, double? WindSpeed, string? Sky, int Visib = 10);

/// <summary>Features by properties.</summary>
internal sealed class Trip
{
    public required long Kilometres { get; init; }

    public double Rating { get; set; }

    public string Driver { get; set; } = "";

    public string? Comment { get; set; }

    [JsonPropertyName("odd name")]
    public int[]? OddName { get; init; }

    [JsonIgnore]
    public double Miles => Kilometres / 1.609344;
}

/// <summary>Takes what is named, and keeps the rest as it is.</summary>
internal sealed class Open
{
    public int? Seats { get; init; }

    [JsonExtensionData]
    public Dictionary<string, JsonElement> Rest { get; init; } = [];
}

[JsonSerializable(typeof(AirportWeather))]
[JsonSerializable(typeof(Trip))]
[JsonSerializable(typeof(Dictionary<string, int>))]
internal sealed partial class GeneratedJson : JsonSerializerContext;
