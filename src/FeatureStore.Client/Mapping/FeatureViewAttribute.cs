namespace FeatureStore.Client;

/// <summary>Names the view whose features a type holds, for reads and writes that name none.</summary>
/// <remarks>
/// The type's properties are the features, by their snake_case names: <c>WindSpeed</c> is <c>wind_speed</c>, or whatever
/// <c>[JsonPropertyName]</c> says.
/// </remarks>
/// <param name="name">The view's name, such as <c>airport_weather</c> or <c>airport_weather@2</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class FeatureViewAttribute(string name) : Attribute
{
    /// <summary>The view's name.</summary>
    public string Name { get; } = name;
}
