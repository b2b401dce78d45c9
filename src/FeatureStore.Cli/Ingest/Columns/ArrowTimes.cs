using System.Globalization;
using Apache.Arrow;
using Apache.Arrow.Types;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>Dates and times of Arrow columns. What has no zone is UTC.</summary>
internal static class ArrowTimes
{
    private const long MicrosecondsPerDay = 86_400_000_000;

    private static readonly Timestamp First = Timestamp.From(DateTimeOffset.MinValue);
    private static readonly Timestamp Last = Timestamp.From(DateTimeOffset.MaxValue);

    /// <summary>The instant of a timestamp, or of the midnight at which a date begins; null beyond the years 1 to 9999.</summary>
    /// <remarks>Nanoseconds are cut off, as they are everywhere in the store.</remarks>
    public static Timestamp? Microseconds(IArrowArray array, int index) => array switch
    {
        TimestampArray times => Of(times.Values[index], ((TimestampType)times.Data.DataType).Unit),
        Date32Array dates => Of((Int128)dates.Values[index] * MicrosecondsPerDay),
        Date64Array dates => Of((Int128)dates.Values[index] * 1000),
        _ => throw new InvalidOperationException($"{array.Data.DataType.Name} is no time."),
    };

    /// <summary>A date as 2026-11-23; null beyond the years 1 to 9999.</summary>
    public static string? Date(IArrowArray array, int index) =>
        Microseconds(array, index)?.ToDateTimeOffset().ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    /// <summary>A time of day as 10:00:00 with 0, 3, 6 or 9 digits of fraction; null beyond one day.</summary>
    public static string? TimeOfDay(IArrowArray array, int index)
    {
        var nanoseconds = array switch
        {
            Time32Array times => (Int128)times.Values[index] * PerUnit(((Time32Type)times.Data.DataType).Unit),
            Time64Array times => (Int128)times.Values[index] * PerUnit(((Time64Type)times.Data.DataType).Unit),
            _ => throw new InvalidOperationException($"{array.Data.DataType.Name} is no time of day."),
        };
        if (nanoseconds < 0 || nanoseconds > (Int128)MicrosecondsPerDay * 1000)
        {
            return null;
        }

        var (seconds, fraction) = ((long)(nanoseconds / 1_000_000_000), (long)(nanoseconds % 1_000_000_000));
        var text = string.Create(CultureInfo.InvariantCulture, $"{seconds / 3600:00}:{seconds / 60 % 60:00}:{seconds % 60:00}");
        return fraction == 0 ? text
            : fraction % 1_000_000 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{text}.{fraction / 1_000_000:000}")
            : fraction % 1000 == 0 ? string.Create(CultureInfo.InvariantCulture, $"{text}.{fraction / 1000:000000}")
            : string.Create(CultureInfo.InvariantCulture, $"{text}.{fraction:000000000}");
    }

    private static Timestamp? Of(long value, TimeUnit unit) => unit == TimeUnit.Nanosecond
        ? Of((Int128)Math.DivRem(value, 1000).Quotient - (value % 1000 < 0 ? 1 : 0))
        : Of((Int128)value * (PerUnit(unit) / 1000));

    private static Timestamp? Of(Int128 microseconds) =>
        microseconds < First.Microseconds || microseconds > Last.Microseconds ? null : new Timestamp((long)microseconds);

    /// <summary>How many nanoseconds a unit has.</summary>
    private static long PerUnit(TimeUnit unit) => unit switch
    {
        TimeUnit.Second => 1_000_000_000,
        TimeUnit.Millisecond => 1_000_000,
        TimeUnit.Microsecond => 1000,
        _ => 1,
    };
}
