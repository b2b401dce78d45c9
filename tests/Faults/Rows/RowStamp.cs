using System.Globalization;

namespace FeatureStore.Faults.Rows;

/// <summary>A row's event and created timestamps, in microseconds since 1970.</summary>
internal readonly record struct RowStamp(long Event, long Created) : IComparable<RowStamp>
{
    public int CompareTo(RowStamp other)
    {
        var order = Event.CompareTo(other.Event);
        return order != 0 ? order : Created.CompareTo(other.Created);
    }

    public static string Text(long microseconds) =>
        DateTime.UnixEpoch.AddMicroseconds(microseconds).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);
}
