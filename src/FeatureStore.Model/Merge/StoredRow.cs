namespace FeatureStore.Model;

/// <summary>The state of one entity in one view: a floor and, per feature, the newest entry. An immutable value.</summary>
/// <remarks>
/// States form a join semilattice: <see cref="Join"/> is commutative, associative and idempotent, so rows may be applied
/// in any order, any number of times and by any number of writers.
/// </remarks>
public sealed class StoredRow
{
    private readonly FeatureEntry[] _entries;

    /// <param name="floor">The floor, if there is one.</param>
    /// <param name="entries">The entries in the order of their names' UTF-8 bytes; the array is kept.</param>
    internal StoredRow(Floor? floor, FeatureEntry[] entries)
    {
        Floor = floor;
        _entries = entries;
    }

    /// <summary>Nothing known.</summary>
    public static StoredRow Empty { get; } = new(null, []);

    public Floor? Floor { get; }

    /// <summary>The entries in the order of their names' UTF-8 bytes.</summary>
    public ReadOnlySpan<FeatureEntry> Entries => _entries;

    public bool IsEmpty => Floor is null && _entries.Length == 0;

    /// <summary>How many features have a value.</summary>
    public int LiveCount
    {
        get
        {
            var count = 0;
            foreach (ref readonly var entry in Entries)
            {
                count += entry.Kind == EntryKind.Value ? 1 : 0;
            }

            return count;
        }
    }

    /// <summary>The newest event timestamp that is known, of values, deletions and the floor; null when nothing is known.</summary>
    public Timestamp? NewestEventTimestamp
    {
        get
        {
            var newest = Floor?.Stamp.Event;
            foreach (ref readonly var entry in Entries)
            {
                newest = newest is { } known ? Timestamp.Max(known, entry.Stamp.Event) : entry.Stamp.Event;
            }

            return newest;
        }
    }

    /// <summary>The state that one row alone leads to.</summary>
    /// <param name="row">The row.</param>
    /// <param name="stamp">Its stamp, as fixed when it was accepted.</param>
    /// <param name="now">The clock: a row born expired is only its stamp.</param>
    /// <param name="lateness">How long stamps and floors are kept.</param>
    public static StoredRow Of(IncomingRow row, Stamp stamp, Timestamp now, Lateness lateness)
    {
        var deletes = row.Operation == RowOperation.Delete;
        var keptFloor = now.Plus(lateness.FloorMicroseconds);
        Floor? floor = row.Operation == RowOperation.Replace || (deletes && row.Features.Length == 0)
            ? new Floor(stamp, deletes, keptFloor)
            : null;

        var expiry = row.TtlMicroseconds is { } ttl ? stamp.Event.Plus(ttl) : Timestamp.Never;
        var entries = new FeatureEntry[row.Features.Length];
        for (var i = 0; i < entries.Length; i++)
        {
            var (name, value, isVector) = row.Features[i];
            entries[i] = deletes
                ? new FeatureEntry(name, stamp, EntryKind.Deleted, Timestamp.Never, default, keptFloor)
                : expiry <= now
                    ? new FeatureEntry(
                        name, stamp, EntryKind.Expired, expiry, default,
                        now.Plus(lateness.StampMicroseconds(stamp.Event, expiry)))
                    : new FeatureEntry(name, stamp, EntryKind.Value, expiry, value, Timestamp.Earliest, isVector);
        }

        return new StoredRow(floor, entries);
    }

    /// <summary>The least state that is at least as great as both.</summary>
    public static StoredRow Join(StoredRow a, StoredRow b)
    {
        if (a.IsEmpty)
        {
            return b;
        }

        if (b.IsEmpty)
        {
            return a;
        }

        var floor = Model.Floor.Join(a.Floor, b.Floor);
        if (floor is null && TryJoinSameNames(a._entries, b._entries) is { } same)
        {
            return new StoredRow(null, same);
        }

        var joined = new FeatureEntry[a._entries.Length + b._entries.Length];
        var count = 0;
        int i = 0, j = 0;
        while (i < a._entries.Length || j < b._entries.Length)
        {
            var order = i == a._entries.Length ? 1
                : j == b._entries.Length ? -1
                : a._entries[i].Name.Span.SequenceCompareTo(b._entries[j].Name.Span);
            var entry = order < 0 ? a._entries[i++]
                : order > 0 ? b._entries[j++]
                : FeatureEntry.Join(a._entries[i++], b._entries[j++]);
            if (floor is { } f && f.Buries(entry.Stamp))
            {
                floor = f with { KeptUntil = Timestamp.Max(f.KeptUntil, entry.KeptUntil) };
            }
            else
            {
                joined[count++] = entry;
            }
        }

        return new StoredRow(floor, count == joined.Length ? joined : joined[..count]);
    }

    /// <summary>Joins entries of the same features, which most rows of one producer are, without room for more.</summary>
    private static FeatureEntry[]? TryJoinSameNames(FeatureEntry[] a, FeatureEntry[] b)
    {
        if (a.Length != b.Length)
        {
            return null;
        }

        for (var i = 0; i < a.Length; i++)
        {
            if (!a[i].Name.Span.SequenceEqual(b[i].Name.Span))
            {
                return null;
            }
        }

        var joined = new FeatureEntry[a.Length];
        for (var i = 0; i < joined.Length; i++)
        {
            joined[i] = FeatureEntry.Join(a[i], b[i]);
        }

        return joined;
    }

    /// <summary>The same state as the clock has it: expired values are only their stamps, what was kept long enough is gone.</summary>
    public StoredRow At(Timestamp now, Lateness lateness)
    {
        if (IsSettled(now))
        {
            return this;
        }

        var entries = new FeatureEntry[_entries.Length];
        var count = 0;
        foreach (ref readonly var entry in Entries)
        {
            var settled = entry;
            if (entry.Kind == EntryKind.Value && entry.Expiry <= now)
            {
                settled = entry with { Kind = EntryKind.Expired, Value = default, IsVector = false, KeptUntil = EndOf(entry, lateness) };
            }

            if (settled.Kind == EntryKind.Value || settled.KeptUntil > now)
            {
                entries[count++] = settled;
            }
        }

        var floor = Floor is { } f && f.KeptUntil > now ? Floor : null;
        return new StoredRow(floor, count == entries.Length ? entries : entries[..count]);
    }

    /// <summary>Whether the clock changes nothing: the usual case, which is not worth a copy.</summary>
    private bool IsSettled(Timestamp now)
    {
        foreach (ref readonly var entry in Entries)
        {
            if (entry.Kind == EntryKind.Value ? entry.Expiry <= now : entry.KeptUntil <= now)
            {
                return false;
            }
        }

        return Floor is not { } floor || floor.KeptUntil > now;
    }

    /// <summary>When the last thing that is kept may be forgotten; <see cref="Timestamp.Never"/> if a value never expires.</summary>
    public Timestamp End(Lateness lateness)
    {
        var end = Floor?.KeptUntil ?? Timestamp.Earliest;
        foreach (ref readonly var entry in Entries)
        {
            end = Timestamp.Max(end, EndOf(entry, lateness));
        }

        return end;
    }

    /// <summary>Whether the state still holds something that a row said: false if the row was superseded whole.</summary>
    /// <param name="row">The state that the row alone leads to, from <see cref="Of"/>.</param>
    public bool Holds(StoredRow row)
    {
        if (ReferenceEquals(this, row))
        {
            return true;
        }

        if (row.Floor is { } floor && Floor is { } own && own.Stamp == floor.Stamp && own.IsDelete == floor.IsDelete)
        {
            return true;
        }

        int i = 0;
        foreach (ref readonly var entry in row.Entries)
        {
            var order = -1;
            while (i < _entries.Length && (order = _entries[i].Name.Span.SequenceCompareTo(entry.Name.Span)) < 0)
            {
                i++;
            }

            if (order == 0 && _entries[i].CompareTo(entry) == 0)
            {
                return true;
            }
        }

        return false;
    }

    private static Timestamp EndOf(in FeatureEntry entry, Lateness lateness) => entry.Kind switch
    {
        EntryKind.Value when entry.Expiry == Timestamp.Never => Timestamp.Never,
        EntryKind.Value => Timestamp.Max(
            entry.KeptUntil, entry.Expiry.Plus(lateness.StampMicroseconds(entry.Stamp.Event, entry.Expiry))),
        _ => entry.KeptUntil,
    };
}
