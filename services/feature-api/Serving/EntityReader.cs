using FeatureStore.FeatureApi.Resident;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>Reads what an entity's features are now.</summary>
internal sealed class EntityReader(RowSource source, ServingMetrics metrics, TimeProvider time)
{
    /// <summary>Reads the documents of the views asked for, together.</summary>
    public ValueTask<ReadOnlyMemory<byte>[]> ReadAsync(FeatureQuery query, CancellationToken cancellationToken) =>
        source.ReadAsync(query.StateKeys, cancellationToken);

    /// <summary>
    /// The features of one view as they lie in its document, to be copied as they stand; false where the document has to
    /// be taken apart for the answer.
    /// </summary>
    public bool TryCopy(FeatureQuery query, ReadOnlyMemory<byte>[] documents, out ReadOnlyMemory<byte> features)
    {
        features = default;
        if (documents.Length != 1 || !query.IsPlain || documents[0].IsEmpty)
        {
            return false;
        }

        var now = Now();
        if (!StoredRowReader.TryReadLive(documents[0], now, out features, out var eventTimestamp)
            || (query.Views[0].Schema is { } schema && !schema.ServesAll(features.Span)))
        {
            return false;
        }

        metrics.Served(query.Views[0].Name, eventTimestamp, now);
        return true;
    }

    /// <summary>The features of all views, each with its status; those asked for in the order in which they were.</summary>
    public List<ServedFeature> TakeApart(FeatureQuery query, ReadOnlyMemory<byte>[] documents, out Timestamp now)
    {
        now = Now();
        var found = new List<ServedFeature>();
        for (var i = 0; i < documents.Length; i++)
        {
            TakeApart(query.Views[i], documents[i], now, query.WithDefaults, found);
        }

        return query.Select(found);
    }

    private void TakeApart(QueriedView view, ReadOnlyMemory<byte> document, Timestamp now, bool withDefaults, List<ServedFeature> found)
    {
        var entries = (document.IsEmpty ? StoredRow.Empty : StoredRowReader.Decode(document)).Entries;
        var declared = view.Schema is { } schema ? schema.Features : [];
        var newest = Timestamp.Earliest;

        // Both are in the order of their names. What is declared and not known is missing, which is an answer too.
        for (int i = 0, j = 0; i < entries.Length || j < declared.Length;)
        {
            var order = i == entries.Length ? 1 : j == declared.Length ? -1 : entries[i].Name.Span.SequenceCompareTo(view.Schema!.NameOf(j).Span);
            var name = order > 0 ? view.Schema!.NameOf(j) : entries[i].Name;
            var value = order > 0 ? ServedValue.Missing : ServedValue.Of(entries[i], now);
            var feature = order < 0 ? null : declared[j];
            (i, j) = (order > 0 ? i : i + 1, order < 0 ? j : j + 1);
            if (feature is null && view.Schema is { View.IsOpen: false })
            {
                continue;
            }

            newest = value is { IsLive: true, Stamp: { } stamp } ? Timestamp.Max(newest, stamp.Event) : newest;
            found.Add(new ServedFeature(name, view, withDefaults ? value.OrDefault(feature) : value));
        }

        if (newest > Timestamp.Earliest)
        {
            metrics.Served(view.Name, newest, now);
        }
    }

    private Timestamp Now() => Timestamp.From(time.GetUtcNow());
}
