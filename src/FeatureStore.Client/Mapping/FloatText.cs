using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace FeatureStore.Client;

/// <summary>
/// Writes 39.0 as <c>39.0</c>, not as <c>39</c>: where nothing is declared the text is all that tells other readers a number with a
/// fraction from a whole one.
/// </summary>
internal sealed class FloatText<T> : JsonConverter<T>
    where T : IBinaryFloatingPointIeee754<T>
{
    private const int MaxLength = 32;

    public override T Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        typeof(T) == typeof(float) ? (T)(object)reader.GetSingle() : (T)(object)reader.GetDouble();

    public override void Write(Utf8JsonWriter writer, T value, JsonSerializerOptions options)
    {
        if (!T.IsFinite(value))
        {
            throw new ArgumentException("Not-a-number and infinity have no JSON text and cannot be stored; null can.");
        }

        Span<byte> text = stackalloc byte[MaxLength];
        value.TryFormat(text, out var length, "R", CultureInfo.InvariantCulture);
        if (text[..length].IndexOfAny(".E"u8) < 0)
        {
            ".0"u8.CopyTo(text[length..]);
            length += 2;
        }

        writer.WriteRawValue(text[..length], skipInputValidation: true);
    }
}
