using System.Buffers;
using System.Globalization;
using System.Text.Json;
using FeatureStore.FeatureApi.Serving;
using FeatureStore.Hosting.Errors;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>Writes values as Feast's clients read them, who tell a value's type by its JSON and not by the view.</summary>
/// <remarks>
/// Floats have a decimal point or an exponent; timestamps are whole seconds since 1970; a list that is empty or holds a null,
/// at which such a client gives up the whole answer, is null; and what has no type of theirs is its JSON text. What was stored
/// before its type was declared need not be of it, and is written as in an open view then.
/// </remarks>
internal sealed class FeastValueWriter(IBufferWriter<byte> output)
{
    private readonly ArrayBufferWriter<byte> _scratch = new(256);

    /// <summary>Writes a value, or null where there is none to serve.</summary>
    /// <param name="value">The value.</param>
    /// <param name="type">Its declared type; null in an open view.</param>
    /// <returns>The status that goes with what was written.</returns>
    public FeatureStatus Write(in ServedValue value, FeatureType? type)
    {
        if (value.Status != FeatureStatus.Present)
        {
            output.Write("null"u8);
            return value.Status;
        }

        var text = value.Text.Span;
        if (value.IsVector)
        {
            _scratch.ResetWrittenCount();
            VectorText.Expand(text, _scratch, keepsPoint: true);
            return Written(_scratch.WrittenCount > 2);
        }

        switch (type)
        {
            case { IsList: true, Scalar: var element } when text[0] == '[':
                return WriteList(text, element);
            case { IsList: false, Scalar: ScalarType.Float32 or ScalarType.Float64 } when IsNumber(text) && !HasPoint(text):
                _scratch.ResetWrittenCount();
                WriteWithPoint(text);
                return Written();
            case { IsList: false, Scalar: ScalarType.Timestamp } when text.Length > 2 && text[0] == '"' && Timestamp.TryParse(text[1..^1], out var time):
                WriteSeconds(output, time);
                return FeatureStatus.Present;
            case { IsList: false, Scalar: ScalarType.Json } when text[0] != '"':
                return WriteAsText(text);
            default:
                return WriteUndeclared(text);
        }
    }

    private FeatureStatus WriteList(ReadOnlySpan<byte> text, ScalarType type)
    {
        var reader = new Utf8JsonReader(text);
        reader.Read();
        _scratch.ResetWrittenCount();
        _scratch.Write("["u8);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType == JsonTokenType.Null)
            {
                return Written(isServable: false);
            }

            if (!IsOf(reader, type))
            {
                return WriteUndeclared(text);
            }

            WriteElement(ref reader, text, type);
        }

        _scratch.Write("]"u8);
        return Written(_scratch.WrittenCount > 2);
    }

    private void WriteElement(ref Utf8JsonReader reader, ReadOnlySpan<byte> text, ScalarType type)
    {
        if (_scratch.WrittenCount > 1)
        {
            _scratch.Write(","u8);
        }

        var start = (int)reader.TokenStartIndex;
        if (type == ScalarType.Timestamp && Timestamp.TryParse(reader.ValueSpan, out var time))
        {
            WriteSeconds(_scratch, time);
        }
        else if (type is ScalarType.Float32 or ScalarType.Float64 && !HasPoint(reader.ValueSpan))
        {
            WriteWithPoint(reader.ValueSpan);
        }
        else
        {
            reader.Skip();
            _scratch.Write(text[start..(int)reader.BytesConsumed]);
        }
    }

    /// <summary>Whether an element can be written as one of a type.</summary>
    private static bool IsOf(in Utf8JsonReader element, ScalarType type) => (element.TokenType, type) switch
    {
        (JsonTokenType.Number, ScalarType.Float32 or ScalarType.Float64) => true,
        (JsonTokenType.Number, ScalarType.Int32 or ScalarType.Int64) => !HasPoint(element.ValueSpan),
        (JsonTokenType.String, ScalarType.Timestamp) => Timestamp.TryParse(element.ValueSpan, out _),
        (JsonTokenType.String, _) => type is not (ScalarType.Bool or ScalarType.Int32 or ScalarType.Int64 or ScalarType.Float32 or ScalarType.Float64),
        (JsonTokenType.True or JsonTokenType.False, ScalarType.Bool) => true,
        _ => false,
    };

    /// <summary>A value of an open view, or one of another type than is declared: of whatever type it is.</summary>
    private FeatureStatus WriteUndeclared(ReadOnlySpan<byte> text)
    {
        if (text[0] is not ((byte)'{' or (byte)'['))
        {
            return Raw(text);
        }

        var kind = ElementsOf(text, out var hasPoint);
        if (text[0] == '[' && kind is JsonTokenType.Number or JsonTokenType.String or JsonTokenType.True)
        {
            return kind == JsonTokenType.Number && hasPoint ? WriteList(text, ScalarType.Float64) : Raw(text);
        }

        if (kind is JsonTokenType.Null)
        {
            return Written(isServable: false);
        }

        return WriteAsText(text);
    }

    /// <summary>What the elements of a list are: of one kind, <see cref="JsonTokenType.Null"/> where there are none or one is null, or else none.</summary>
    private static JsonTokenType ElementsOf(ReadOnlySpan<byte> text, out bool hasPoint)
    {
        hasPoint = false;
        var reader = new Utf8JsonReader(text);
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return JsonTokenType.None;
        }

        JsonTokenType? kind = null;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            var element = reader.TokenType == JsonTokenType.False ? JsonTokenType.True : reader.TokenType;
            hasPoint |= element == JsonTokenType.Number && HasPoint(reader.ValueSpan);
            reader.Skip();
            kind = element == JsonTokenType.Null || kind == JsonTokenType.Null ? JsonTokenType.Null
                : kind is null || kind == element ? element
                : JsonTokenType.None;
        }

        return kind ?? JsonTokenType.Null;
    }

    private void WriteWithPoint(ReadOnlySpan<byte> number)
    {
        _scratch.Write(number);
        _scratch.Write(".0"u8);
    }

    private FeatureStatus Raw(ReadOnlySpan<byte> text)
    {
        output.Write(text);
        return FeatureStatus.Present;
    }

    private FeatureStatus Written(bool isServable = true)
    {
        if (isServable)
        {
            return Raw(_scratch.WrittenSpan);
        }

        output.Write("null"u8);
        return FeatureStatus.NullValue;
    }

    /// <summary>Writes what has no type that Feast's clients know: its JSON text, as a string.</summary>
    private FeatureStatus WriteAsText(ReadOnlySpan<byte> text)
    {
        output.Write("\""u8);
        output.Write(JsonEncodedText.Encode(text, ReplyJson.Options.Encoder).EncodedUtf8Bytes);
        output.Write("\""u8);
        return FeatureStatus.Present;
    }

    private static void WriteSeconds(IBufferWriter<byte> output, Timestamp time)
    {
        const int MaxDigits = 20;
        Seconds(time).TryFormat(output.GetSpan(MaxDigits), out var written, provider: CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private static bool IsNumber(ReadOnlySpan<byte> text) => text[0] is (byte)'-' or (>= (byte)'0' and <= (byte)'9');

    private static bool HasPoint(ReadOnlySpan<byte> number) => number.IndexOfAny((byte)'.', (byte)'e', (byte)'E') >= 0;

    private static long Seconds(Timestamp time) => (long)Math.Floor(time.Microseconds / 1_000_000m);
}
