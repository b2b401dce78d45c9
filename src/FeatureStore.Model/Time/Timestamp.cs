using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;

namespace FeatureStore.Model;

/// <summary>An instant in UTC, in whole microseconds since 1970-01-01T00:00:00Z.</summary>
/// <remarks>Read and written as RFC 3339 text. Digits beyond the microsecond are cut off.</remarks>
public readonly record struct Timestamp(long Microseconds) : IComparable<Timestamp>
{
    /// <summary>More than any time takes with all its characters escaped.</summary>
    private const int MostEscapedLength = 256;

    private const long UnixEpochTicks = 621_355_968_000_000_000;

    /// <summary>Later than every real instant: "never", where an expiry is meant.</summary>
    public static readonly Timestamp Never = new(long.MaxValue);

    /// <summary>Earlier than every real instant.</summary>
    public static readonly Timestamp Earliest = new(long.MinValue);

    /// <summary>The most bytes that <see cref="TryFormat"/> writes.</summary>
    public const int MaxFormattedLength = 27;

    /// <summary>What a text that is no timestamp should have looked like.</summary>
    public const string Expected = "an RFC 3339 time with a zone, such as 2026-11-23T10:00:00Z";

    public static Timestamp From(DateTimeOffset time) =>
        new((time.UtcTicks - UnixEpochTicks) / TimeSpan.TicksPerMicrosecond);

    /// <summary>This instant and a number of microseconds, held at <see cref="Never"/> where it would overflow.</summary>
    public Timestamp Plus(long microseconds) =>
        this == Never || microseconds > Never.Microseconds - Math.Max(Microseconds, 0)
            ? Never
            : new(Microseconds + microseconds);

    public static Timestamp Max(Timestamp a, Timestamp b) => a.Microseconds >= b.Microseconds ? a : b;

    public int CompareTo(Timestamp other) => Microseconds.CompareTo(other.Microseconds);

    public static bool operator <(Timestamp a, Timestamp b) => a.Microseconds < b.Microseconds;
    public static bool operator >(Timestamp a, Timestamp b) => a.Microseconds > b.Microseconds;
    public static bool operator <=(Timestamp a, Timestamp b) => a.Microseconds <= b.Microseconds;
    public static bool operator >=(Timestamp a, Timestamp b) => a.Microseconds >= b.Microseconds;

    public static bool TryParse([NotNullWhen(true)] string? text, out Timestamp timestamp)
    {
        timestamp = default;
        if (text is null || text.Length > 64)
        {
            return false;
        }

        Span<byte> utf8 = stackalloc byte[text.Length * 3];
        return TryParse(utf8[..Encoding.UTF8.GetBytes(text, utf8)], out timestamp);
    }

    /// <summary>Reads the JSON string at which a reader stands; many writers put <c>\u002B</c> there for a plus.</summary>
    public static bool TryRead(ref Utf8JsonReader reader, out Timestamp timestamp)
    {
        timestamp = default;
        if (reader.TokenType != JsonTokenType.String)
        {
            return false;
        }

        if (!reader.ValueIsEscaped)
        {
            return TryParse(reader.ValueSpan, out timestamp);
        }

        Span<byte> text = stackalloc byte[MostEscapedLength];
        try
        {
            return reader.ValueSpan.Length <= MostEscapedLength && TryParse(text[..reader.CopyString(text)], out timestamp);
        }
        catch (InvalidOperationException)
        {
            // Half a surrogate pair is no time.
            return false;
        }
    }

    /// <summary>Reads RFC 3339: date, time and zone; <c>T</c> may be a blank, the fraction may have any length.</summary>
    public static bool TryParse(ReadOnlySpan<byte> text, out Timestamp timestamp)
    {
        timestamp = default;
        if (text.Length < 20 || text[4] != '-' || text[7] != '-' || text[10] is not ((byte)'T' or (byte)'t' or (byte)' ')
            || text[13] != ':' || text[16] != ':'
            || !Digits(text[..4], out var year) || !Digits(text.Slice(5, 2), out var month)
            || !Digits(text.Slice(8, 2), out var day) || !Digits(text.Slice(11, 2), out var hour)
            || !Digits(text.Slice(14, 2), out var minute) || !Digits(text.Slice(17, 2), out var second))
        {
            return false;
        }

        if (year < 1 || month is < 1 or > 12 || day < 1 || day > DateTime.DaysInMonth(year, month)
            || hour > 23 || minute > 59 || second > 59)
        {
            return false;
        }

        var rest = text[19..];
        if (!TryFraction(ref rest, out var micros) || !TryZone(rest, out var offsetMinutes))
        {
            return false;
        }

        var ticks = new DateTime(year, month, day, hour, minute, second, DateTimeKind.Utc).Ticks;
        var utcTicks = ticks + (micros * TimeSpan.TicksPerMicrosecond) - (offsetMinutes * TimeSpan.TicksPerMinute);
        if (utcTicks < 0 || utcTicks > DateTime.MaxValue.Ticks)
        {
            return false;
        }

        // Both terms are whole microseconds, so the division is exact before 1970 too.
        timestamp = new((utcTicks - UnixEpochTicks) / TimeSpan.TicksPerMicrosecond);
        return true;
    }

    /// <summary>Writes RFC 3339 in UTC with 0, 3 or 6 digits of fraction.</summary>
    public bool TryFormat(Span<byte> destination, out int written)
    {
        written = 0;
        if (destination.Length < MaxFormattedLength)
        {
            return false;
        }

        var time = ToDateTime();
        Two(destination, 0, time.Year / 100);
        Two(destination, 2, time.Year % 100);
        destination[4] = (byte)'-';
        Two(destination, 5, time.Month);
        destination[7] = (byte)'-';
        Two(destination, 8, time.Day);
        destination[10] = (byte)'T';
        Two(destination, 11, time.Hour);
        destination[13] = (byte)':';
        Two(destination, 14, time.Minute);
        destination[16] = (byte)':';
        Two(destination, 17, time.Second);
        written = 19;

        var micros = (int)(time.Ticks % TimeSpan.TicksPerSecond / TimeSpan.TicksPerMicrosecond);
        if (micros != 0)
        {
            destination[written++] = (byte)'.';
            var (value, digits) = micros % 1000 == 0 ? (micros / 1000, 3) : (micros, 6);
            Utf8Formatter.TryFormat(value, destination[written..], out _, new('D', (byte)digits));
            written += digits;
        }

        destination[written++] = (byte)'Z';
        return true;
    }

    public override string ToString()
    {
        if (this == Never)
        {
            return "never";
        }

        Span<byte> text = stackalloc byte[MaxFormattedLength];
        TryFormat(text, out var written);
        return Encoding.ASCII.GetString(text[..written]);
    }

    public DateTimeOffset ToDateTimeOffset() => new(ToDateTime());

    private DateTime ToDateTime() =>
        new(UnixEpochTicks + (Microseconds * TimeSpan.TicksPerMicrosecond), DateTimeKind.Utc);

    private static bool TryFraction(ref ReadOnlySpan<byte> rest, out int micros)
    {
        micros = 0;
        if (rest.IsEmpty || rest[0] != '.')
        {
            return true;
        }

        var digits = 0;
        for (rest = rest[1..]; !rest.IsEmpty && rest[0] is >= (byte)'0' and <= (byte)'9'; rest = rest[1..], digits++)
        {
            if (digits < 6)
            {
                micros = (micros * 10) + (rest[0] - '0');
            }
        }

        for (var i = digits; i < 6; i++)
        {
            micros *= 10;
        }

        return digits > 0;
    }

    private static bool TryZone(ReadOnlySpan<byte> zone, out int offsetMinutes)
    {
        offsetMinutes = 0;
        if (zone.Length == 1)
        {
            return zone[0] is (byte)'Z' or (byte)'z';
        }

        if (zone.Length != 6 || zone[0] is not ((byte)'+' or (byte)'-') || zone[3] != ':'
            || !Digits(zone.Slice(1, 2), out var hours) || !Digits(zone.Slice(4, 2), out var minutes)
            || hours > 23 || minutes > 59)
        {
            return false;
        }

        offsetMinutes = (zone[0] == '-' ? -1 : 1) * ((hours * 60) + minutes);
        return true;
    }

    private static bool Digits(ReadOnlySpan<byte> text, out int value)
    {
        value = 0;
        foreach (var c in text)
        {
            if (c is < (byte)'0' or > (byte)'9')
            {
                return false;
            }

            value = (value * 10) + (c - '0');
        }

        return true;
    }

    private static void Two(Span<byte> destination, int at, int value)
    {
        destination[at] = (byte)('0' + (value / 10));
        destination[at + 1] = (byte)('0' + (value % 10));
    }
}
