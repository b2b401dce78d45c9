using System.Text;
using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Serving;

/// <summary>Reads what an entity's features are now.</summary>
internal sealed class EntityReader(OnlineReader online, TimeProvider time)
{
    /// <summary>Reads the documents of the views asked for, together.</summary>
    public async Task<ReadOnlyMemory<byte>[]> ReadAsync(FeatureQuery query, CancellationToken cancellationToken) =>
        query.StateKeys.Count == 1
            ? [await online.ReadAsync(query.StateKeys[0], cancellationToken)]
            : await online.ReadAsync(query.StateKeys, cancellationToken);

    /// <summary>
    /// The features of one view as they lie in its document, to be copied as they stand; false where the document has to
    /// be taken apart for the answer.
    /// </summary>
    public bool TryCopy(FeatureQuery query, ReadOnlyMemory<byte>[] documents, out ReadOnlyMemory<byte> features)
    {
        features = default;
        return documents.Length == 1 && query.Features.Count == 0 && !query.WithMetadata
            && !documents[0].IsEmpty
            && StoredRowReader.TryReadLive(documents[0], Now(), out features);
    }

    /// <summary>The features of all views, each with its status; those asked for in the order in which they were.</summary>
    public List<ServedFeature> TakeApart(FeatureQuery query, ReadOnlyMemory<byte>[] documents)
    {
        var now = Now();
        var found = new List<ServedFeature>();
        for (var i = 0; i < documents.Length; i++)
        {
            if (!documents[i].IsEmpty)
            {
                foreach (ref readonly var entry in StoredRowReader.Decode(documents[i]).Entries)
                {
                    found.Add(Serve(entry, query.Views[i], now));
                }
            }
        }

        NameApart(found);
        return query.Features.Count == 0 ? found : Select(query, found);
    }

    private static ServedFeature Serve(in FeatureEntry entry, string view, Timestamp now)
    {
        var status = entry.Kind switch
        {
            EntryKind.Deleted => FeatureStatus.NotFound,
            EntryKind.Expired => FeatureStatus.OutsideMaxAge,
            _ when entry.Expiry <= now => FeatureStatus.OutsideMaxAge,
            _ when entry.Value.Span.SequenceEqual("null"u8) => FeatureStatus.NullValue,
            _ => FeatureStatus.Present,
        };
        return new ServedFeature(entry.Name, entry.Name, view, status, entry.Value, entry.Stamp, entry.Expiry);
    }

    /// <summary>Gives features of one name in several views the view's name before theirs.</summary>
    private static void NameApart(List<ServedFeature> features)
    {
        var shared = features.GroupBy(feature => Text(feature.Name))
            .Where(group => group.Select(feature => feature.View).Distinct().Count() > 1)
            .Select(group => group.Key)
            .ToHashSet(StringComparer.Ordinal);
        for (var i = 0; shared.Count > 0 && i < features.Count; i++)
        {
            var name = Text(features[i].Name);
            if (shared.Contains(name))
            {
                features[i] = features[i] with { Name = Encoding.UTF8.GetBytes($"{features[i].View}__{name}") };
            }
        }
    }

    private static List<ServedFeature> Select(FeatureQuery query, List<ServedFeature> found)
    {
        var selected = new List<ServedFeature>(query.Features.Count);
        foreach (var name in query.Features)
        {
            var before = selected.Count;
            foreach (var feature in found)
            {
                // By its own name, in every view that has it, or by the name under which it is served.
                if (feature.OwnName.Span.SequenceEqual(name) || feature.Name.Span.SequenceEqual(name))
                {
                    selected.Add(feature);
                }
            }

            if (selected.Count == before)
            {
                selected.Add(new ServedFeature(name, name, query.Views[0], FeatureStatus.NotFound, default, null, Timestamp.Never));
            }
        }

        return selected;
    }

    private static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);

    private Timestamp Now() => Timestamp.From(time.GetUtcNow());
}
