using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Checking;

/// <summary>What one row says of one feature.</summary>
internal readonly record struct NaiveEntry(RowStamp Stamp, bool IsDeletion, long Expiry, string Value) : IComparable<NaiveEntry>
{
    public static NaiveEntry Of(WrittenRow row, string feature) => row.Kind == RowKind.Delete
        ? new NaiveEntry(row.Stamp, true, long.MaxValue, "")
        : new NaiveEntry(row.Stamp, false, row.Expiry, row.ValueOf(feature));

    /// <summary>By stamp, a deletion over a value, the later expiry, then the value's bytes (which are ASCII here).</summary>
    public int CompareTo(NaiveEntry other)
    {
        var order = Stamp.CompareTo(other.Stamp);
        order = order != 0 ? order : IsDeletion.CompareTo(other.IsDeletion);
        order = order != 0 ? order : Expiry.CompareTo(other.Expiry);
        return order != 0 ? order : string.CompareOrdinal(Value, other.Value);
    }
}

/// <summary>The stamp of a delete or replace of the whole row.</summary>
internal readonly record struct NaiveFloor(RowStamp Stamp, bool IsDeletion) : IComparable<NaiveFloor>
{
    public bool Buries(RowStamp stamp) => IsDeletion ? stamp.CompareTo(Stamp) <= 0 : stamp.CompareTo(Stamp) < 0;

    public int CompareTo(NaiveFloor other)
    {
        var order = Stamp.CompareTo(other.Stamp);
        return order != 0 ? order : IsDeletion.CompareTo(other.IsDeletion);
    }
}

/// <summary>
/// What a set of rows of one entity comes to, by the rule as the documentation words it; written without a look at the
/// product's own merge. An immutable value that forgets nothing.
/// </summary>
internal sealed class NaiveState
{
    private readonly Dictionary<string, NaiveEntry> _entries;

    private NaiveState(NaiveFloor? floor, Dictionary<string, NaiveEntry> entries)
    {
        Floor = floor;
        _entries = entries;
    }

    public static NaiveState Empty { get; } = new(null, []);

    public NaiveFloor? Floor { get; }

    public IReadOnlyDictionary<string, NaiveEntry> Entries => _entries;

    public NaiveState With(WrittenRow row)
    {
        var floor = Floor;
        if (row.IsFloor)
        {
            var own = new NaiveFloor(row.Stamp, row.Kind == RowKind.Delete);
            floor = floor is { } before && before.CompareTo(own) > 0 ? before : own;
        }

        var entries = new Dictionary<string, NaiveEntry>(_entries);
        foreach (var feature in row.Features)
        {
            var entry = NaiveEntry.Of(row, feature);
            if (!entries.TryGetValue(feature, out var known) || entry.CompareTo(known) > 0)
            {
                entries[feature] = entry;
            }
        }

        if (floor is { } f)
        {
            foreach (var (feature, _) in entries.Where(entry => f.Buries(entry.Value.Stamp)).ToArray())
            {
                entries.Remove(feature);
            }
        }

        return new NaiveState(floor, entries);
    }

    public bool Buries(RowStamp stamp) => Floor is { } floor && floor.Buries(stamp);

    /// <summary>Whether a row can no longer be seen, nor hide anything, once all of this has happened.</summary>
    public bool Covers(WrittenRow row)
    {
        if (row.IsFloor && (Floor is not { } floor || floor.CompareTo(new NaiveFloor(row.Stamp, row.Kind == RowKind.Delete)) < 0))
        {
            return false;
        }

        return Array.TrueForAll(
            row.Features,
            feature => Buries(row.Stamp) || (_entries.TryGetValue(feature, out var known) && known.CompareTo(NaiveEntry.Of(row, feature)) >= 0));
    }
}
