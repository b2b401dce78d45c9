namespace FeatureStore.Model;

/// <summary>What an entry says of its feature.</summary>
public enum EntryKind : byte
{
    /// <summary>It has a value.</summary>
    Value,

    /// <summary>Its value has expired; only the stamp is left.</summary>
    Expired,

    /// <summary>It was deleted.</summary>
    Deleted,
}

/// <summary>What is known of one feature: the newest thing that any row said of it.</summary>
/// <param name="Name">The feature's name in UTF-8.</param>
/// <param name="Stamp">When that was true.</param>
/// <param name="Kind">Whether there is a value.</param>
/// <param name="Expiry">Until when the value is served; <see cref="Timestamp.Never"/> for ever and for deletions.</param>
/// <param name="Value">The value's exact JSON text; empty without a value.</param>
/// <param name="KeptUntil">
/// Until when the entry is remembered at least, once it has no value. It is no part of what entries are compared by.
/// </param>
/// <param name="IsVector">Whether the value is the text of <see cref="VectorText"/> and stands for a list of float32.</param>
public readonly record struct FeatureEntry(
    ReadOnlyMemory<byte> Name,
    Stamp Stamp,
    EntryKind Kind,
    Timestamp Expiry,
    ReadOnlyMemory<byte> Value,
    Timestamp KeptUntil,
    bool IsVector = false)
{
    /// <summary>The total order of what can be said of one feature; the greater entry wins.</summary>
    /// <remarks>
    /// By stamp, a deletion over a value, the later expiry, then the value's bytes. The expiry comes before the bytes so
    /// that an expired entry, which has lost its bytes, still compares as it did with them: two values of one stamp and
    /// one expiry expire together (docs/adr/0001).
    /// </remarks>
    public int CompareTo(in FeatureEntry other)
    {
        var order = Stamp.CompareTo(other.Stamp);
        if (order == 0)
        {
            order = (Kind == EntryKind.Deleted).CompareTo(other.Kind == EntryKind.Deleted);
        }

        if (order == 0)
        {
            order = Expiry.CompareTo(other.Expiry);
        }

        if (order == 0)
        {
            order = Value.Span.SequenceCompareTo(other.Value.Span);
        }

        return order != 0 ? order : IsVector.CompareTo(other.IsVector);
    }

    /// <summary>The greater of two entries of one feature, remembered for as long as either.</summary>
    public static FeatureEntry Join(in FeatureEntry a, in FeatureEntry b)
    {
        var keptUntil = Timestamp.Max(a.KeptUntil, b.KeptUntil);
        return (a.CompareTo(b) >= 0 ? a : b) with { KeptUntil = keptUntil };
    }
}
