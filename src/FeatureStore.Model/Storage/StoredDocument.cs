namespace FeatureStore.Model;

/// <summary>What is done with stored rows as they lie in the store, without a reason to look into them.</summary>
public static class StoredDocument
{
    /// <summary>Merges two documents of one key: whatever the order in which they are come by, the same results.</summary>
    /// <param name="a">A document; empty for a row of which nothing is stored.</param>
    /// <param name="b">Another.</param>
    /// <param name="now">The clock.</param>
    /// <param name="lateness">How long the stamps of expired values and floors are kept.</param>
    /// <exception cref="StoredRowFormatException">One of them is no stored row that this version can read.</exception>
    public static ReadOnlyMemory<byte> Join(ReadOnlyMemory<byte> a, ReadOnlyMemory<byte> b, Timestamp now, Lateness lateness)
    {
        if (a.IsEmpty || a.Span.SequenceEqual(b.Span))
        {
            return b;
        }

        if (b.IsEmpty)
        {
            return a;
        }

        var (first, second) = (StoredRowReader.Decode(a, out var firstKept), StoredRowReader.Decode(b, out var secondKept));

        // Each as the clock has it before they are joined, as a writer does: what one of them need not remember must not beat the other.
        return StoredRowCodec.Encode(StoredRow.Join(first.At(now, lateness), second.At(now, lateness)), now, Timestamp.Max(firstKept, secondKept));
    }
}
