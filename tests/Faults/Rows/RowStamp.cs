using System.Globalization;
using System.Text.Json;

namespace FeatureStore.Faults.Rows;

/// <summary>A row's event and created timestamps, in microseconds since 1970.</summary>
internal readonly record struct RowStamp(long Event, long Created) : IComparable<RowStamp>
{
    public int CompareTo(RowStamp other)
    {
        var order = Event.CompareTo(other.Event);
        return order != 0 ? order : Created.CompareTo(other.Created);
    }

    /// <summary>The stamp that a reply says a row was given.</summary>
    public static RowStamp Read(string reply)
    {
        using var json = JsonDocument.Parse(reply);
        return new RowStamp(Microseconds(json, "event_timestamp"), Microseconds(json, "created_timestamp"));
    }

    public static string Text(long microseconds) =>
        DateTime.UnixEpoch.AddMicroseconds(microseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static long Microseconds(JsonDocument reply, string member) =>
        (reply.RootElement.GetProperty(member).GetDateTimeOffset() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
