using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>Looks at the values of a sample of rows as the service will.</summary>
internal sealed class ValueSample(DeclaredView declared, IReadOnlyList<string> idColumns)
{
    private static readonly JsonReaderOptions Options = new() { MaxDepth = FeatureReader.MaxDepth };

    private readonly Dictionary<string, Seen> _features = new(StringComparer.Ordinal);
    private readonly Seen[] _keys = [.. declared.Entity.Keys.Select(_ => new Seen())];

    /// <summary>Names of features that the view does not declare.</summary>
    public IEnumerable<string> Undeclared => _features.Keys.Where(name => declared.View.Find(name) is null);

    /// <summary>What had values, of which none was of its type: its type, and what is wrong with the first.</summary>
    public IEnumerable<(string Name, string Type, long Line, string Fault)> Misfits => declared.Entity.Keys
        .Zip(_keys, (key, seen) => (Name: key.Name, Type: FeatureType.NameOf(key.Type), Seen: seen))
        .Select((key, i) => key with { Name = i < idColumns.Count ? idColumns[i] : key.Name })
        .Concat(_features.Select(feature => (Name: feature.Key, Type: declared.View.Find(feature.Key)?.Type.ToString() ?? "", Seen: feature.Value)))
        .Where(one => one.Seen is { Fits: false, Fault: not null })
        .Select(one => (one.Name, one.Type, one.Seen.Line, one.Seen.Fault!));

    /// <summary>Takes a row on the wire into account.</summary>
    public void Add(RowResult row)
    {
        var reader = new Utf8JsonReader(row.Json.Span, Options);
        try
        {
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var (isFeatures, isKeys) = (reader.ValueTextEquals("features"u8), reader.ValueTextEquals("keys"u8));
                var isId = reader.ValueTextEquals("entity_id"u8);
                reader.Read();
                if (isFeatures && reader.TokenType == JsonTokenType.StartObject)
                {
                    AddFeatures(ref reader, row);
                }
                else if (isId && reader.TokenType == JsonTokenType.String)
                {
                    AddKey(0, reader.GetString()!, row.Line);
                }
                else if (isKeys && reader.TokenType == JsonTokenType.StartArray)
                {
                    for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
                    {
                        AddKey(i, reader.GetString() ?? "", row.Line);
                    }
                }
                else
                {
                    reader.Skip();
                }
            }
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // The service rejects it, and says why.
        }
    }

    private void AddFeatures(ref Utf8JsonReader reader, RowResult row)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            if (!_features.TryGetValue(name, out var seen))
            {
                _features.Add(name, seen = new Seen());
            }

            var value = row.Json[start..(int)reader.BytesConsumed];
            if (!seen.Fits && declared.View.Find(name) is { } feature && !value.Span.SequenceEqual("null"u8))
            {
                ValueCoercion.Coerce(feature.Type, value, out var fault);
                seen.Add(fault, row.Line);
            }
        }
    }

    private void AddKey(int index, string key, long line)
    {
        if (index < _keys.Length && !_keys[index].Fits)
        {
            var fits = declared.Entity.Keys[index].Canonical(key) is not null;
            _keys[index].Add(fits ? null : $"a whole number is expected, \"{(key.Length > 40 ? key[..40] + "…" : key)}\" was given", line);
        }
    }

    private sealed class Seen
    {
        public bool Fits { get; private set; }

        public string? Fault { get; private set; }

        public long Line { get; private set; }

        public void Add(string? fault, long line)
        {
            Fits |= fault is null;
            if (Fault is null && fault is not null)
            {
                (Fault, Line) = (fault, line);
            }
        }
    }
}
