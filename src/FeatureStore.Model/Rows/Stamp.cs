namespace FeatureStore.Model;

/// <summary>When a fact was true and when the row that says so was produced; orders what is known of a feature.</summary>
/// <param name="Event">The event timestamp.</param>
/// <param name="Created">The created timestamp, which decides between equal event timestamps.</param>
public readonly record struct Stamp(Timestamp Event, Timestamp Created) : IComparable<Stamp>
{
    public int CompareTo(Stamp other)
    {
        var order = Event.CompareTo(other.Event);
        return order != 0 ? order : Created.CompareTo(other.Created);
    }
}
