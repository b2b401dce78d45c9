using System.Buffers;
using System.Buffers.Binary;
using System.Buffers.Text;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>
/// The stored form of a list of float32: the elements' bytes, little-endian, in base64 as a JSON string. It is half as long as
/// the text, and read back as the shortest text that is the same float32.
/// </summary>
public static class VectorText
{
    /// <summary>More than the text of any float32 takes, the comma before it included.</summary>
    private const int MostElementBytes = 20;

    /// <summary>Turns a JSON array of numbers, each of which is a finite float32, into the stored form.</summary>
    public static ReadOnlyMemory<byte> Compact(ReadOnlyMemory<byte> json)
    {
        var reader = new Utf8JsonReader(json.Span);
        reader.Read();
        var elements = new ArrayBufferWriter<byte>(Math.Max(16, json.Length / 2));
        while (reader.Read() && reader.TokenType == JsonTokenType.Number)
        {
            BinaryPrimitives.WriteSingleLittleEndian(elements.GetSpan(sizeof(float)), reader.GetSingle());
            elements.Advance(sizeof(float));
        }

        var text = new byte[Base64.GetMaxEncodedToUtf8Length(elements.WrittenCount) + 2];
        text[0] = text[^1] = (byte)'"';
        Base64.EncodeToUtf8(elements.WrittenSpan, text.AsSpan(1), out _, out _);
        return text;
    }

    /// <summary>Writes the JSON array that a stored form stands for.</summary>
    /// <param name="stored">The stored form.</param>
    /// <param name="output">Takes the array.</param>
    /// <param name="keepsPoint">Whether every element gets a decimal point or an exponent, for readers that tell by it.</param>
    /// <exception cref="StoredRowFormatException">It is no stored form of a list of float32.</exception>
    public static void Expand(ReadOnlySpan<byte> stored, IBufferWriter<byte> output, bool keepsPoint = false)
    {
        var most = Base64.GetMaxDecodedFromUtf8Length(Math.Max(0, stored.Length - 2));
        var buffer = ArrayPool<byte>.Shared.Rent(most);
        try
        {
            if (stored.Length < 2
                || Base64.DecodeFromUtf8(stored[1..^1], buffer, out _, out var length) != OperationStatus.Done
                || length % sizeof(float) != 0)
            {
                throw new StoredRowFormatException("A stored list of float32 is not readable.");
            }

            var text = output.GetSpan((length / sizeof(float) * MostElementBytes) + 2);
            var written = 0;
            text[written++] = (byte)'[';
            for (var at = 0; at < length; at += sizeof(float))
            {
                if (at > 0)
                {
                    text[written++] = (byte)',';
                }

                written += Write(BinaryPrimitives.ReadSingleLittleEndian(buffer.AsSpan(at)), text[written..], keepsPoint);
            }

            text[written++] = (byte)']';
            output.Advance(written);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>The JSON array that a stored form stands for.</summary>
    /// <exception cref="StoredRowFormatException">It is no stored form of a list of float32.</exception>
    public static ReadOnlyMemory<byte> Expand(ReadOnlySpan<byte> stored)
    {
        var output = new ArrayBufferWriter<byte>();
        Expand(stored, output);
        return output.WrittenMemory;
    }

    private static int Write(float element, Span<byte> text, bool keepsPoint)
    {
        element.TryFormat(text, out var written, "R", System.Globalization.CultureInfo.InvariantCulture);
        if (keepsPoint && text[..written].IndexOfAny((byte)'.', (byte)'E') < 0)
        {
            text[written++] = (byte)'.';
            text[written++] = (byte)'0';
        }

        return written;
    }
}
