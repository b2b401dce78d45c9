using System.Text;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>A feature that a caller asks for: by its own name, in every view that has it; or by <c>view__feature</c>.</summary>
/// <param name="Name">The name, in UTF-8.</param>
/// <param name="View">The one view that is meant; null where any is.</param>
internal readonly record struct SelectedFeature(ReadOnlyMemory<byte> Name, string? View)
{
    public static SelectedFeature Of(FeatureReference reference) => new(Encoding.UTF8.GetBytes(reference.Feature), reference.View);

    public bool Matches(in ServedFeature feature) =>
        (View is null || View == feature.View.Name) && (feature.Name.Span.SequenceEqual(Name.Span) || IsPrefixed(feature));

    /// <summary>Whether the caller has put the view's name before the feature's.</summary>
    public bool IsPrefixed(in ServedFeature feature) => View is null && Own(feature.View) is { } own && feature.Name.Span.SequenceEqual(own.Span);

    /// <summary>Whether a view may have it.</summary>
    public bool MayBeIn(QueriedView view) => view.Serves(Name.Span) || (Own(view) is { } own && view.Serves(own.Span));

    /// <summary>The feature's own name, where the view's stands before it.</summary>
    private ReadOnlyMemory<byte>? Own(QueriedView view)
    {
        var prefix = view.Name.Length + 2;
        return Name.Length > prefix && Name.Span[view.Name.Length] == '_' && Name.Span[view.Name.Length + 1] == '_'
            && Ascii.Equals(Name.Span[..view.Name.Length], view.Name)
            ? Name[prefix..]
            : null;
    }
}
