namespace FeatureStore.Model;

/// <summary>The type of a feature: a scalar, or a list of scalars.</summary>
/// <param name="Scalar">The scalar, or that of the list's elements.</param>
/// <param name="IsList">Whether it is a list.</param>
public readonly record struct FeatureType(ScalarType Scalar, bool IsList = false)
{
    /// <summary>A vector: the one type whose values are not stored as their text but as <see cref="VectorText"/>.</summary>
    public bool IsVector => IsList && Scalar == ScalarType.Float32;

    private const string ListStart = "list<";

    private static readonly string[] ScalarNames = [.. Enum.GetValues<ScalarType>().Select(NameOf)];

    /// <summary>The types as they are written: <c>int64</c>, <c>list&lt;float32&gt;</c>, ….</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. ScalarNames, .. Enum.GetValues<ScalarType>().Where(scalar => scalar != ScalarType.Json).Select(scalar => new FeatureType(scalar, true).ToString())];

    /// <summary>The name of a scalar type as it is written.</summary>
    public static string NameOf(ScalarType scalar) => scalar.ToString().ToLowerInvariant();

    /// <summary>Reads a type as it is written.</summary>
    public static bool TryParse(string text, out FeatureType type)
    {
        type = default;
        var isList = text.StartsWith(ListStart, StringComparison.Ordinal) && text.EndsWith('>');
        var name = isList ? text[ListStart.Length..^1] : text;
        var index = Array.IndexOf(ScalarNames, name);
        if (index < 0 || (isList && (ScalarType)index == ScalarType.Json))
        {
            return false;
        }

        type = new FeatureType((ScalarType)index, isList);
        return true;
    }

    /// <summary>Whether every stored value of another type is a value of this one, so that a view may change to it.</summary>
    /// <remarks>
    /// An int32 is an int64, a float32 a float64, and anything is json. A whole number is no float64: beyond 2^53 it would
    /// be read as another.
    /// </remarks>
    public bool Reads(FeatureType other) => this == other
        || (!IsList && Scalar == ScalarType.Json)
        || (IsList == other.IsList && (Scalar, other.Scalar) is
            (ScalarType.Int64, ScalarType.Int32) or (ScalarType.Float64, ScalarType.Float32) or (ScalarType.Float64, ScalarType.Int32)
            && !(IsList && other.Scalar == ScalarType.Float32));

    public override string ToString() => IsList ? $"{ListStart}{NameOf(Scalar)}>" : NameOf(Scalar);
}
