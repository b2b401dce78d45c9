using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>A view that a caller asks for.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Schema">What is declared of it; null where nothing is declared at all.</param>
internal readonly record struct QueriedView(string Name, ViewSchema? Schema)
{
    /// <summary>Whether a feature of the view may be served.</summary>
    public bool Serves(ReadOnlySpan<byte> feature) => Schema is null || Schema.Serves(feature);

    /// <summary>How old a value is expected to be at the most; null where nothing is expected.</summary>
    public TimeSpan? Freshness => Schema?.View.Freshness;
}
