using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Unicode;

namespace FeatureStore.Model;

/// <summary>Percent-encoding of RFC 3986, strict in both directions: what decodes, decodes to one text only.</summary>
public static class PercentEncoding
{
    private static readonly SearchValues<byte> Unreserved =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~"u8);

    /// <summary>Appends a text with everything outside the unreserved characters of RFC 3986 as <c>%XX</c>.</summary>
    /// <exception cref="EncoderFallbackException">The text is not valid UTF-16 (half a surrogate pair).</exception>
    public static void Append(StringBuilder destination, string text)
    {
        var utf8 = StrictUtf8.GetBytes(text);
        if (!utf8.AsSpan().ContainsAnyExcept(Unreserved))
        {
            destination.Append(text);
            return;
        }

        foreach (var b in utf8)
        {
            if (Unreserved.Contains(b))
            {
                destination.Append((char)b);
            }
            else
            {
                destination.Append('%').Append(b.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }
    }

    /// <summary>Decodes <c>%XX</c> exactly once.</summary>
    /// <param name="encoded">A path segment or a query value as it came over the wire.</param>
    /// <param name="plusIsSpace">Whether <c>+</c> stands for a blank, as it does in a query.</param>
    /// <param name="text">The decoded text.</param>
    /// <returns>False where a <c>%</c> is not followed by two hexadecimal digits or the bytes are not UTF-8.</returns>
    public static bool TryDecode(ReadOnlySpan<char> encoded, bool plusIsSpace, [NotNullWhen(true)] out string? text)
    {
        text = null;
        var buffer = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(encoded.Length));
        try
        {
            var length = 0;
            for (var i = 0; i < encoded.Length; i++)
            {
                var c = encoded[i];
                if (c == '%')
                {
                    if (i + 2 >= encoded.Length
                        || !char.IsAsciiHexDigit(encoded[i + 1])
                        || !char.IsAsciiHexDigit(encoded[i + 2]))
                    {
                        return false;
                    }

                    buffer[length++] = (byte)((HexValue(encoded[i + 1]) << 4) | HexValue(encoded[i + 2]));
                    i += 2;
                }
                else if (c == '+' && plusIsSpace)
                {
                    buffer[length++] = (byte)' ';
                }
                else if (char.IsAscii(c))
                {
                    buffer[length++] = (byte)c;
                }
                else
                {
                    // Servers hand over non-ASCII bytes of the target already decoded.
                    if (Rune.DecodeFromUtf16(encoded[i..], out var rune, out var consumed) != OperationStatus.Done)
                    {
                        return false;
                    }

                    length += rune.EncodeToUtf8(buffer.AsSpan(length));
                    i += consumed - 1;
                }
            }

            if (!Utf8.IsValid(buffer.AsSpan(0, length)))
            {
                return false;
            }

            text = Encoding.UTF8.GetString(buffer, 0, length);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    internal static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private static int HexValue(char c) => char.IsAsciiDigit(c) ? c - '0' : (c | 0x20) - 'a' + 10;
}
