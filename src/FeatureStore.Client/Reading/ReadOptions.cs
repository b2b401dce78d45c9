namespace FeatureStore.Client;

/// <summary>Which features of an entity are read. Where nothing is said, those of the type's view or service, else all.</summary>
public sealed record ReadOptions
{
    /// <summary>The kind of entity; needed only where several are declared and neither view nor service says which.</summary>
    public string? Entity { get; init; }

    /// <summary>The views to read. Where none is named: all of the entity's, or <c>default</c> while nothing is declared.</summary>
    public IReadOnlyList<string> Views { get; init; } = [];

    /// <summary>Only these features, in this order; all where none is named.</summary>
    public IReadOnlyList<string> Features { get; init; } = [];

    /// <summary>The feature service whose features are read.</summary>
    public string? Service { get; init; }

    /// <summary>Whether a feature without a value gets the default that its view declares.</summary>
    public bool Defaults { get; init; }

    /// <summary>
    /// Whether to tell of each feature its view, status, stamps and age. An entity whose features have all expired is then no
    /// absent one: what is known of it is told.
    /// </summary>
    public bool Metadata { get; init; }
}
