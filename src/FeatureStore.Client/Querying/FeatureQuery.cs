namespace FeatureStore.Client;

/// <summary>Which features are asked for, of many entities at once: those of a service, or single ones.</summary>
public sealed record FeatureQuery
{
    /// <summary>The feature service whose features are asked for. Either this or <see cref="Features"/>.</summary>
    public string? Service { get; init; }

    /// <summary>
    /// The features, in the order in which they are wanted: <c>view:feature</c>, such as <c>airport_weather:temp</c>, or only
    /// the feature's name for one of view <c>default</c>.
    /// </summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>Whether a feature without a value gets the default that its view declares; its status stays what it was.</summary>
    public bool Defaults { get; init; }

    /// <summary>Whether to tell of each value when it was true, until when it is served and how old it is.</summary>
    public bool Metadata { get; init; }
}
