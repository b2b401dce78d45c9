using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Rows;

/// <summary>The rows of a single write, the features of which are the body and all else the path and query.</summary>
/// <param name="Rows">One, but for the deletion of an entity over all its views.</param>
/// <param name="Entity">The entity that is deleted over all its views, if one is.</param>
internal sealed record RowRequest(IReadOnlyList<IncomingRow> Rows, string? Entity)
{
    private static readonly QueryParameter[] CommonParameters = [new("entity_id"), new("view"), new("event_timestamp"), new("created_timestamp")];
    private static readonly QueryParameter[] WriteParameters = [.. CommonParameters, new("ttl_seconds")];
    private static readonly QueryParameter[] DeleteParameters = [.. CommonParameters, new("entity"), new("feature", IsList: true)];

    /// <summary>Reads the request, or reports everything that is wrong with it.</summary>
    public static RowRequest? Read(
        HttpContext context, RowOperation operation, ReadOnlyMemory<byte> body, in RowContext rules, List<Fault> faults)
    {
        var deletes = operation == RowOperation.Delete;
        var target = RequestTarget.Read(context, deletes ? DeleteParameters : WriteParameters, faults);
        var (entity, view) = (target.Single("entity", faults), target.Single("view", faults));
        var (keys, eventTimestamp, createdTimestamp) = (target.Keys(faults), target.Time("event_timestamp", faults), target.Time("created_timestamp", faults));
        RowReader.CheckAhead(eventTimestamp, "event_timestamp", rules, faults);
        RowReader.CheckAhead(createdTimestamp, "created_timestamp", rules, faults);
        var ttl = target.Single("ttl_seconds", faults) is { } text ? RowReader.ReadTtl(text, faults) : null;
        var features = deletes ? Named(target, faults) : FeatureReader.ReadBody(body, faults);
        if (entity is not null && view is null && features.Length > 0)
        {
            faults.Add(Fault.Malformed("feature names features of one view: name it with view=.", "feature"));
            return null;
        }

        var rows = new List<IncomingRow>();
        foreach (var name in entity is null ? [view ?? rules.View] : DeletedViews.Of(entity, view, rules, faults))
        {
            var binding = RowBinding.Bind(rules, name, keys, operation, features, ttl, faults);
            var stateKey = StateKey.Encode(name, binding.Keys, faults);
            if (operation == RowOperation.Merge && features.Length == 0 && faults.Count == 0)
            {
                faults.Add(Fault.Invalid("The body names no feature: there is nothing to merge."));
            }

            if (faults.Count > 0 || stateKey is null)
            {
                return null;
            }

            rows.Add(new IncomingRow
            {
                View = name,
                Keys = binding.Keys,
                StateKey = stateKey,
                Operation = operation,
                EventTimestamp = eventTimestamp,
                CreatedTimestamp = createdTimestamp,
                TtlMicroseconds = binding.TtlMicroseconds,
                Lateness = binding.Lateness,
                Features = features,
                SizeBytes = body.Length + stateKey.Length,
            });
        }

        return faults.Count > 0 ? null : new RowRequest(rows, view is null ? entity : null);
    }

    private static FeatureValue[] Named(RequestTarget target, List<Fault> faults)
    {
        var names = target.FeatureNames(faults).Select(name => new FeatureValue(name, default)).ToArray();
        Array.Sort(names, static (a, b) => a.Name.Span.SequenceCompareTo(b.Name.Span));
        return names;
    }
}
