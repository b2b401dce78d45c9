using System.Text;
using System.Text.Json;
using System.Text.Unicode;

namespace FeatureStore.Model;

/// <summary>Reads an object of features, each value kept as its exact JSON text.</summary>
public static class FeatureReader
{
    /// <summary>The most bytes of a feature's name in UTF-8.</summary>
    public const int MaxNameBytes = 256;

    /// <summary>How deep a value's arrays and objects may nest, the row around it included.</summary>
    public const int MaxDepth = 64;

    [ThreadStatic]
    private static List<FeatureValue>? _scratch;

    private const int MaxKeptFeatures = 1024;

    internal static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = MaxDepth };

    /// <summary>Reads a body that is one object of features and nothing else.</summary>
    /// <param name="json">The body; the values returned are slices of it.</param>
    /// <param name="faults">Receives every fault that is found.</param>
    /// <returns>The features in the order of their names' UTF-8 bytes; meaningless if a fault was found.</returns>
    public static FeatureValue[] ReadBody(ReadOnlyMemory<byte> json, ICollection<Fault> faults)
    {
        if (!Utf8.IsValid(json.Span))
        {
            faults.Add(Fault.Malformed("The body is not valid UTF-8."));
            return [];
        }

        try
        {
            var reader = new Utf8JsonReader(json.Span, ReaderOptions);
            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                faults.Add(Fault.Malformed("The body must be a JSON object of features, such as {\"user_age\":42}."));
                return [];
            }

            var features = Read(ref reader, json, faults);
            reader.Read();
            return features;
        }
        catch (JsonException e)
        {
            faults.Add(NotJson(e, json.Span));
            return [];
        }
    }

    /// <summary>Reads the members of the object at which the reader stands.</summary>
    internal static FeatureValue[] Read(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, ICollection<Fault> faults)
    {
        var features = _scratch ?? new List<FeatureValue>(64);
        _scratch = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadName(ref reader, json, faults);
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            SkipValue(ref reader, faults);
            features.Add(new FeatureValue(name, json[start..(int)reader.BytesConsumed]));
        }

        var sorted = Sort(features, faults);
        features.Clear();
        _scratch = features.Capacity <= MaxKeptFeatures ? features : null;
        return sorted;
    }

    /// <summary>Reads the name at which the reader stands, and says if it cannot be a feature's.</summary>
    internal static ReadOnlyMemory<byte> ReadName(ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, ICollection<Fault> faults)
    {
        ReadOnlyMemory<byte> name;
        if (reader.ValueIsEscaped)
        {
            var unescaped = new byte[reader.ValueSpan.Length];
            try
            {
                name = unescaped.AsMemory(0, reader.CopyString(unescaped));
            }
            catch (InvalidOperationException)
            {
                faults.Add(Fault.Malformed("The name of a feature must be valid Unicode text.", Encoding.UTF8.GetString(reader.ValueSpan)));
                return default;
            }
        }
        else
        {
            name = json.Slice((int)reader.TokenStartIndex + 1, reader.ValueSpan.Length);
        }

        CheckName(name.Span, faults);
        return name;
    }

    /// <summary>Sorts features by the UTF-8 bytes of their names and reports names that stand twice.</summary>
    internal static FeatureValue[] Sort(List<FeatureValue> features, ICollection<Fault> faults)
    {
        if (IsSorted(features))
        {
            return [.. features];
        }

        features.Sort(static (a, b) => a.Name.Span.SequenceCompareTo(b.Name.Span));
        for (var i = 1; i < features.Count; i++)
        {
            if (features[i].Name.Span.SequenceEqual(features[i - 1].Name.Span)
                && (i == 1 || !features[i].Name.Span.SequenceEqual(features[i - 2].Name.Span)))
            {
                var name = Encoding.UTF8.GetString(features[i].Name.Span);
                faults.Add(Fault.Malformed($"The feature '{StateKey.Shorten(name)}' stands more than once.", name));
            }
        }

        return [.. features];
    }

    private static bool IsSorted(List<FeatureValue> features)
    {
        for (var i = 1; i < features.Count; i++)
        {
            if (features[i - 1].Name.Span.SequenceCompareTo(features[i].Name.Span) >= 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Says if a name cannot be a feature's.</summary>
    public static void CheckName(ReadOnlySpan<byte> name, ICollection<Fault> faults)
    {
        if (name.Length is 0 or > MaxNameBytes)
        {
            faults.Add(Fault.Invalid(
                name.IsEmpty
                    ? "The name of a feature must not be empty."
                    : $"The name of a feature may have {MaxNameBytes} bytes of UTF-8; '{StateKey.Shorten(Encoding.UTF8.GetString(name))}' has {name.Length}."));
        }
    }

    /// <summary>The fault that a text is no JSON, with the place.</summary>
    public static Fault NotJson(JsonException e, ReadOnlySpan<byte> json)
    {
        // The reader's own message ends in its position, which is said here in one way for all inputs.
        var reason = e.Message.Split(" LineNumber:", 2)[0].TrimEnd('.', ' ');
        if (json.IsEmpty)
        {
            return Fault.Malformed("The body is empty; a JSON value is expected.");
        }

        var line = e.LineNumber > 0 ? $"line {e.LineNumber + 1}, " : "";
        return Fault.Malformed($"Not valid JSON at {line}byte {(e.BytePositionInLine ?? 0) + 1}: {reason}.");
    }

    /// <summary>Passes over a value, and reports objects in it that name a member twice: readers would disagree on them.</summary>
    private static void SkipValue(ref Utf8JsonReader reader, ICollection<Fault> faults)
    {
        if (reader.TokenType == JsonTokenType.StartObject)
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var name = TextOf(ref reader);
                if (!names.Add(name))
                {
                    faults.Add(Fault.Malformed($"A value has an object in which '{StateKey.Shorten(name)}' stands more than once.", name));
                }

                reader.Read();
                SkipValue(ref reader, faults);
            }
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                SkipValue(ref reader, faults);
            }
        }
    }

    private static string TextOf(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString()!;
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair: compared as it is written.
            return Encoding.UTF8.GetString(reader.ValueSpan);
        }
    }
}
