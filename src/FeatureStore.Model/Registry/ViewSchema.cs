using System.Text;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>What the rows of a declared view are held to, prepared for looking names up in UTF-8.</summary>
public sealed class ViewSchema
{
    private readonly byte[][] _names;
    private readonly Feature[] _features;

    internal ViewSchema(FeatureView view, Entity entity)
    {
        View = view;
        Entity = entity;
        var sorted = view.Features.Select(feature => (Name: Encoding.UTF8.GetBytes(feature.Name), Feature: feature)).ToArray();
        Array.Sort(sorted, static (a, b) => a.Name.AsSpan().SequenceCompareTo(b.Name));
        _names = Array.ConvertAll(sorted, one => one.Name);
        _features = Array.ConvertAll(sorted, one => one.Feature);
    }

    public FeatureView View { get; }

    public Entity Entity { get; }

    /// <summary>How long the stamps of expired values are kept; null where the view declares nothing of its own.</summary>
    public TimeSpan? Lateness => View.Lateness;

    /// <summary>The declared features in the order of their names' UTF-8 bytes.</summary>
    public ReadOnlySpan<Feature> Features => _features;

    /// <summary>The name, in UTF-8, of the feature at a place in <see cref="Features"/>.</summary>
    public ReadOnlyMemory<byte> NameOf(int index) => _names[index];

    /// <summary>The declared feature of a name, if there is one.</summary>
    public Feature? Find(ReadOnlySpan<byte> name)
    {
        var (low, high) = (0, _names.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = _names[middle].AsSpan().SequenceCompareTo(name);
            if (order == 0)
            {
                return _features[middle];
            }

            (low, high) = order < 0 ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>Whether a feature may be served: it is declared, or the view takes any.</summary>
    public bool Serves(ReadOnlySpan<byte> name) => View.IsOpen || Find(name) is not null;

    /// <summary>Whether every feature in an object of features may be served: what was removed from a view is still stored.</summary>
    /// <param name="features">The object's JSON text, its members in the order of their names' UTF-8 bytes.</param>
    public bool ServesAll(ReadOnlySpan<byte> features)
    {
        if (View.IsOpen)
        {
            return true;
        }

        try
        {
            var next = 0;
            for (var scanner = new FeatureScanner(features); scanner.Read();)
            {
                // The names that a closed view declares need no escapes.
                var name = features.Slice(scanner.NameStart, scanner.NameLength);
                while (next < _names.Length && !name.SequenceEqual(_names[next]))
                {
                    next++;
                }

                if (next++ == _names.Length)
                {
                    return false;
                }
            }

            return true;
        }
        catch (JsonException)
        {
            // Whoever takes the row apart will say so.
            return false;
        }
    }

    /// <summary>Brings the values of a row into the form in which they are stored, and says what does not fit.</summary>
    /// <param name="features">The row's features in the order of their names' UTF-8 bytes; changed in place.</param>
    /// <param name="isDelete">Whether they are only named, to be deleted.</param>
    /// <param name="retired">What the view had before, which can be deleted still.</param>
    /// <param name="faults">Receives every fault.</param>
    internal void Bind(FeatureValue[] features, bool isDelete, RetiredView? retired, ICollection<Fault> faults)
    {
        for (var i = 0; i < features.Length; i++)
        {
            var (name, value, _) = features[i];
            if (Find(name.Span) is not { } feature)
            {
                if (!View.IsOpen && retired?.Had(name.Span) != true)
                {
                    faults.Add(NoSuchFeature(Encoding.UTF8.GetString(name.Span)));
                }
            }
            else if (!isDelete)
            {
                features[i] = features[i] with { Value = Stored(feature, value, faults, out var isVector), IsVector = isVector };
            }
        }
    }

    /// <summary>The fault that a feature is named which the view does not have.</summary>
    public Fault NoSuchFeature(string name) => Fault.Invalid(
        $"The view '{View.Name}' has no feature '{StateKey.Shorten(name)}'.{ClosestName.Suggestion(name, View.Features.Select(feature => feature.Name))}", name);

    private static ReadOnlyMemory<byte> Stored(Feature feature, ReadOnlyMemory<byte> value, ICollection<Fault> faults, out bool isVector)
    {
        isVector = false;
        var coerced = ValueCoercion.Coerce(feature.Type, value, out var fault);
        if (fault is not null)
        {
            faults.Add(Fault.Invalid($"'{feature.Name}' is {feature.Type}: {fault}.", feature.Name));
            return value;
        }

        if (!feature.Type.IsVector || coerced.Span.SequenceEqual("null"u8))
        {
            return coerced;
        }

        isVector = true;
        return VectorText.Compact(coerced);
    }
}
