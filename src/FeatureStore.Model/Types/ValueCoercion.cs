using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>Checks values against their types, and brings what means the same into one form.</summary>
/// <remarks>
/// A value keeps its text where that is of its type: <c>1.0</c> of a float64 stays <c>1.0</c>. What is made over: whole
/// numbers given as text, with a fraction of zeros or an exponent become their digits, timestamps RFC 3339 in UTC, bytes
/// plain base64. Null is a value of every type.
/// </remarks>
public static class ValueCoercion
{
    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = FeatureReader.MaxDepth };

    /// <summary>The value in the form in which it is stored.</summary>
    /// <param name="type">The declared type.</param>
    /// <param name="json">The value's JSON text, which is valid.</param>
    /// <param name="fault">What is wrong with it, for a person; null if it is of the type.</param>
    public static ReadOnlyMemory<byte> Coerce(FeatureType type, ReadOnlyMemory<byte> json, out string? fault)
    {
        fault = null;
        if (json.Span.SequenceEqual("null"u8) || type is { Scalar: ScalarType.Json, IsList: false })
        {
            return json;
        }

        var reader = new Utf8JsonReader(json.Span, ReaderOptions);
        reader.Read();
        if (!type.IsList)
        {
            var value = Scalar(type.Scalar, ref reader, out fault);
            return value ?? json;
        }

        return List(type, ref reader, json, out fault);
    }

    private static ReadOnlyMemory<byte> List(FeatureType type, ref Utf8JsonReader reader, ReadOnlyMemory<byte> json, out string? fault)
    {
        fault = null;
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            fault = $"a list is expected, {Found(ref reader)} was given";
            return default;
        }

        // Copied only from the first element on that is made over.
        ArrayBufferWriter<byte>? output = null;
        var copied = 0;
        for (var i = 0; reader.Read() && reader.TokenType != JsonTokenType.EndArray; i++)
        {
            var start = (int)reader.TokenStartIndex;
            if (reader.TokenType == JsonTokenType.Null)
            {
                fault = $"element {i + 1} is null, which a list cannot hold";
                return default;
            }

            var value = Scalar(type.Scalar, ref reader, out fault);
            if (fault is not null)
            {
                fault = $"element {i + 1}: {fault}";
                return default;
            }

            if (type.Scalar == ScalarType.Float32 && i == RegistryReader.MaxVectorLength)
            {
                fault = $"a list of float32 may have {RegistryReader.MaxVectorLength} elements";
                return default;
            }

            if (value is { } made)
            {
                output ??= new ArrayBufferWriter<byte>(json.Length);
                output.Write(json.Span[copied..start]);
                output.Write(made);
                copied = (int)reader.BytesConsumed;
            }
        }

        if (output is null)
        {
            return json;
        }

        output.Write(json.Span[copied..]);
        return output.WrittenMemory;
    }

    /// <summary>The form of a scalar in which it is stored; null where that is the text as it stands.</summary>
    private static byte[]? Scalar(ScalarType type, ref Utf8JsonReader reader, out string? fault)
    {
        fault = null;
        switch (type)
        {
            case ScalarType.Bool when reader.TokenType is JsonTokenType.True or JsonTokenType.False:
                return null;
            case ScalarType.Bool:
                fault = $"true or false is expected, {Found(ref reader)} was given";
                return null;
            case ScalarType.Int32:
                return Whole(ref reader, int.MinValue, int.MaxValue, type, out fault);
            case ScalarType.Int64:
                return Whole(ref reader, long.MinValue, long.MaxValue, type, out fault);
            case ScalarType.Float32 or ScalarType.Float64:
                fault = Float(type, ref reader);
                return null;
            case ScalarType.String when reader.TokenType == JsonTokenType.String:
                return null;
            case ScalarType.String:
                fault = $"a string is expected, {Found(ref reader)} was given";
                return null;
            case ScalarType.Bytes:
                return Bytes(ref reader, out fault);
            case ScalarType.Timestamp:
                return Time(ref reader, out fault);
            default:
                reader.Skip();
                return null;
        }
    }

    private static byte[]? Whole(ref Utf8JsonReader reader, long least, long most, ScalarType type, out string? fault)
    {
        fault = null;
        if (reader.TokenType is not (JsonTokenType.Number or JsonTokenType.String))
        {
            fault = $"a whole number is expected, {Found(ref reader)} was given";
            return null;
        }

        var text = reader.ValueSpan;
        if (Utf8Parser.TryParse(text, out long whole, out var used) && used == text.Length && text[0] != '+')
        {
            if (whole < least || whole > most)
            {
                fault = $"{whole} is beyond {FeatureType.NameOf(type)}";
                return null;
            }

            // A text of digits means the number; -0 and leading zeros only a text can have.
            return reader.TokenType == JsonTokenType.Number && !text.SequenceEqual("-0"u8) ? null : Encoding.ASCII.GetBytes(whole.ToString(CultureInfo.InvariantCulture));
        }

        if (reader.TokenType == JsonTokenType.Number
            && decimal.TryParse(Encoding.ASCII.GetString(text), NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            && decimal.Truncate(number) == number && HasDigits(text))
        {
            if (number < least || number > most)
            {
                fault = $"{Shown(text)} is beyond {FeatureType.NameOf(type)}";
                return null;
            }

            // 3.0 and 3e2: what a data frame makes of whole numbers as soon as one of them is missing.
            return Encoding.ASCII.GetBytes(((long)number).ToString(CultureInfo.InvariantCulture));
        }

        fault = reader.TokenType == JsonTokenType.Number ? $"{Shown(text)} is beyond {FeatureType.NameOf(type)}, or no whole number" : $"a whole number is expected, {Found(ref reader)} was given";
        return null;
    }

    /// <summary>Whether a number has no more digits than a decimal keeps, so that none was rounded away.</summary>
    private static bool HasDigits(ReadOnlySpan<byte> text) => text.Length <= 28;

    private static string? Float(ScalarType type, ref Utf8JsonReader reader)
    {
        if (reader.TokenType != JsonTokenType.Number)
        {
            var hint = reader.TokenType == JsonTokenType.String ? "; not-a-number and infinity cannot be stored, send null" : "";
            return $"a number is expected, {Found(ref reader)} was given{hint}";
        }

        var number = reader.GetDouble();
        return double.IsFinite(type == ScalarType.Float32 ? (float)number : number) ? null : $"{Shown(reader.ValueSpan)} is beyond {FeatureType.NameOf(type)}";
    }

    private static byte[]? Bytes(ref Utf8JsonReader reader, out string? fault)
    {
        fault = null;
        if (reader.TokenType != JsonTokenType.String || !reader.TryGetBytesFromBase64(out var bytes))
        {
            fault = $"bytes in base64 are expected, {Found(ref reader)} was given";
            return null;
        }

        // As it stands unless something in it is escaped.
        return reader.ValueIsEscaped ? Encoding.ASCII.GetBytes($"\"{Convert.ToBase64String(bytes)}\"") : null;
    }

    private static byte[]? Time(ref Utf8JsonReader reader, out string? fault)
    {
        fault = null;
        if (!Timestamp.TryRead(ref reader, out var time))
        {
            fault = $"{Timestamp.Expected} is expected, {Found(ref reader)} was given";
            return null;
        }

        Span<byte> text = stackalloc byte[Timestamp.MaxFormattedLength];
        time.TryFormat(text, out var written);
        return text[..written].SequenceEqual(reader.ValueSpan) ? null : [(byte)'"', .. text[..written], (byte)'"'];
    }

    private static string Found(ref Utf8JsonReader reader) => reader.TokenType switch
    {
        JsonTokenType.String => $"\"{Shown(reader.ValueSpan)}\"",
        JsonTokenType.Number => Shown(reader.ValueSpan),
        JsonTokenType.True => "true",
        JsonTokenType.False => "false",
        JsonTokenType.StartArray => "a list",
        JsonTokenType.StartObject => "an object",
        _ => "null",
    };

    private static string Shown(ReadOnlySpan<byte> text) => StateKey.Shorten(Encoding.UTF8.GetString(text));
}
