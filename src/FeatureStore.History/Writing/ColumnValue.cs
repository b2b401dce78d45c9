using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>Writes a feature's value as what DuckDB makes the value of its column of, and says whether the column then says it exactly.</summary>
internal static class ColumnValue
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = FeatureReader.MaxDepth };

    /// <summary>Writes a member, or nothing where the value is null or not of the type.</summary>
    /// <param name="json">Takes the member.</param>
    /// <param name="name">The name of the column.</param>
    /// <param name="type">The feature's type.</param>
    /// <param name="value">The value's JSON text.</param>
    /// <returns>Whether the text that DuckDB gives the column's value is this text.</returns>
    public static bool Write(Utf8JsonWriter json, string name, FeatureType type, ReadOnlyMemory<byte> value)
    {
        if (value.Span.SequenceEqual("null"u8))
        {
            return true;
        }

        if (type is { Scalar: ScalarType.Json, IsList: false })
        {
            json.WriteString(name, value.Span);
            return true;
        }

        var reader = new Utf8JsonReader(value.Span, ReaderOptions);
        reader.Read();
        if (!type.IsList)
        {
            return TryRead(ref reader, type.Scalar, out var scalar, out var isOwn) && scalar.Write(json, name) && isOwn;
        }

        return WriteList(json, name, type.Scalar, ref reader, value);
    }

    /// <summary>Writes a list of float32, which is stored compactly and has one text only.</summary>
    /// <returns>True.</returns>
    public static bool WriteVector(Utf8JsonWriter json, string name, ReadOnlyMemory<byte> elements)
    {
        json.WritePropertyName(name);
        json.WriteRawValue(elements.Span, skipInputValidation: true);
        return true;
    }

    private static bool WriteList(Utf8JsonWriter json, string name, ScalarType type, ref Utf8JsonReader reader, ReadOnlyMemory<byte> value)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return false;
        }

        var elements = new List<Scalar>();
        var isOwn = true;
        // With nothing between the elements but commas the text is their texts and no other.
        var length = 2;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var start = reader.TokenStartIndex;
            if (!TryRead(ref reader, type, out var element, out var own))
            {
                return false;
            }

            length += (int)(reader.BytesConsumed - start) + (elements.Count > 0 ? 1 : 0);
            isOwn &= own;
            elements.Add(element);
        }

        json.WriteStartArray(name);
        elements.ForEach(element => element.Write(json, null));
        json.WriteEndArray();
        return isOwn && length == value.Length;
    }

    private static bool TryRead(ref Utf8JsonReader reader, ScalarType type, out Scalar scalar, out bool isOwn)
    {
        (scalar, isOwn) = (default, true);
        var text = reader.ValueSpan;
        switch (type)
        {
            case ScalarType.Bool when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                scalar = new Scalar(Raw: text.ToArray());
                return true;
            case ScalarType.Int32 or ScalarType.Int64 when reader.TokenType == JsonTokenType.Number:
                if (!Utf8Parser.TryParse(text, out long whole, out var used) || used != text.Length || (type == ScalarType.Int32 && whole is < int.MinValue or > int.MaxValue))
                {
                    return false;
                }

                isOwn = !text.StartsWith("-0"u8);
                scalar = new Scalar(Raw: text.ToArray());
                return true;
            case ScalarType.Float32 or ScalarType.Float64 when reader.TokenType == JsonTokenType.Number:
                var isSingle = type == ScalarType.Float32;
                if (!(isSingle ? reader.TryGetSingle(out var single) && float.IsFinite(single) : reader.TryGetDouble(out var number) && double.IsFinite(number)))
                {
                    return false;
                }

                isOwn = FloatText.IsOwn(text, isSingle);
                scalar = new Scalar(Raw: text.ToArray());
                return true;
            case ScalarType.String when reader.TokenType == JsonTokenType.String:
                isOwn = !reader.ValueIsEscaped;
                return Unescaped(ref reader, out scalar);
            case ScalarType.Bytes when reader.TokenType == JsonTokenType.String:
                if (!reader.TryGetBytesFromBase64(out var bytes))
                {
                    return false;
                }

                var base64 = Convert.ToBase64String(bytes);
                isOwn = text.SequenceEqual(Encoding.ASCII.GetBytes(base64));
                scalar = new Scalar(Text: base64);
                return true;
            case ScalarType.Timestamp when Timestamp.TryRead(ref reader, out var time):
                Span<byte> own = stackalloc byte[Timestamp.MaxFormattedLength];
                time.TryFormat(own, out var written);
                isOwn = text.SequenceEqual(own[..written]);
                scalar = new Scalar(Raw: Encoding.ASCII.GetBytes(time.Microseconds.ToString(System.Globalization.CultureInfo.InvariantCulture)));
                return true;
            default:
                return false;
        }
    }

    /// <summary>A text as a column can hold it: no half surrogate pair, and no NUL.</summary>
    private static bool Unescaped(ref Utf8JsonReader reader, out Scalar scalar)
    {
        scalar = default;
        try
        {
            var text = reader.GetString()!;
            scalar = new Scalar(Text: text);
            return !text.Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>A value: the JSON text of a number, or a text.</summary>
    private readonly record struct Scalar(byte[]? Raw = null, string? Text = null)
    {
        public bool Write(Utf8JsonWriter json, string? name)
        {
            if (name is not null)
            {
                json.WritePropertyName(name);
            }

            if (Raw is not null)
            {
                json.WriteRawValue(Raw, skipInputValidation: true);
            }
            else
            {
                json.WriteStringValue(Text);
            }

            return true;
        }
    }
}
