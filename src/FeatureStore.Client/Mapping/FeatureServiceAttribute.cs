namespace FeatureStore.Client;

/// <summary>Names the feature service whose features a type holds: the inputs of one version of a model.</summary>
/// <remarks>Features of one name in two of the service's views are served as <c>view__feature</c>: name them so.</remarks>
/// <param name="name">The service's name, such as <c>delay_model_v1</c>.</param>
[AttributeUsage(AttributeTargets.Class | AttributeTargets.Struct)]
public sealed class FeatureServiceAttribute(string name) : Attribute
{
    /// <summary>The service's name.</summary>
    public string Name { get; } = name;
}
