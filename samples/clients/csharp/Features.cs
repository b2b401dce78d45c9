using FeatureStore.Client;

namespace FeatureStore.Samples.CSharp;

/// <summary>The weather at an airport; what is not known is null.</summary>
[FeatureView("airport_weather")]
internal sealed record AirportWeather(double Temp, double? WindSpeed, double? Visib);

/// <summary>An aircraft.</summary>
[FeatureView("aircraft")]
internal sealed record Aircraft(int Seats, int Engines);

/// <summary>What the model asks for, of an airport and an aircraft together.</summary>
[FeatureService("delay_model_v1")]
internal sealed record DelayInputs(double? Temp, double? WindSpeed, double? Visib, int? Seats, int? Engines);
