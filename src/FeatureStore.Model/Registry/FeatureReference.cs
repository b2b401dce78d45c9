namespace FeatureStore.Model;

/// <summary>A feature by its view and name, written <c>airport_weather:temp</c>.</summary>
public readonly record struct FeatureReference(string View, string Feature)
{
    /// <summary>Reads <c>view:feature</c>.</summary>
    public static bool TryParse(string text, out FeatureReference reference)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        reference = colon > 0 && colon < text.Length - 1 ? new FeatureReference(text[..colon], text[(colon + 1)..]) : default;
        return reference.View is not null;
    }

    public override string ToString() => $"{View}:{Feature}";
}
