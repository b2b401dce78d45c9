namespace FeatureStore.Model;

/// <summary>One mistake in a registry.</summary>
/// <param name="Pointer">Where, as a JSON pointer into the registry: <c>/views/airport_weather/features/temp</c>.</param>
/// <param name="Detail">What is wrong and what is expected, for a person.</param>
public sealed record RegistryFault(string Pointer, string Detail);
