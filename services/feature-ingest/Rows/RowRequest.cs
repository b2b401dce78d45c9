using FeatureStore.Hosting.Requests;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Rows;

/// <summary>Reads the row of a single write: the features are the body, all else is in the path and query.</summary>
internal static class RowRequest
{
    private static readonly QueryParameter[] CommonParameters = [new("entity_id"), new("view"), new("event_timestamp"), new("created_timestamp")];
    private static readonly QueryParameter[] WriteParameters = [.. CommonParameters, new("ttl_seconds")];
    private static readonly QueryParameter[] DeleteParameters = [.. CommonParameters, new("feature", IsList: true)];

    public static IncomingRow? Read(
        HttpContext context, RowOperation operation, ReadOnlyMemory<byte> body, in RowContext rules, List<Fault> faults)
    {
        var deletes = operation == RowOperation.Delete;
        var target = RequestTarget.Read(context, deletes ? DeleteParameters : WriteParameters, faults);
        var view = target.Single("view", faults) ?? rules.View;
        var keys = target.Keys(faults);
        var eventTimestamp = target.Time("event_timestamp", faults);
        var createdTimestamp = target.Time("created_timestamp", faults);
        RowReader.CheckAhead(eventTimestamp, "event_timestamp", rules, faults);
        RowReader.CheckAhead(createdTimestamp, "created_timestamp", rules, faults);
        var ttl = target.Single("ttl_seconds", faults) is { } text ? RowReader.ReadTtl(text, faults) : null;
        var features = deletes ? Named(target, faults) : FeatureReader.ReadBody(body, faults);
        var binding = RowBinding.Bind(rules.Registry, view, keys, operation, features, ttl, faults);
        var stateKey = StateKey.Encode(view, binding.Keys, faults);
        if (operation == RowOperation.Merge && features.Length == 0 && faults.Count == 0)
        {
            faults.Add(Fault.Invalid("The body names no feature: there is nothing to merge."));
        }

        return faults.Count > 0 || stateKey is null
            ? null
            : new IncomingRow
            {
                View = view,
                Keys = binding.Keys,
                StateKey = stateKey,
                Operation = operation,
                EventTimestamp = eventTimestamp,
                CreatedTimestamp = createdTimestamp,
                TtlMicroseconds = binding.TtlMicroseconds,
                Lateness = binding.Lateness,
                Features = features,
                SizeBytes = body.Length + stateKey.Length,
            };
    }

    private static FeatureValue[] Named(RequestTarget target, List<Fault> faults)
    {
        var names = target.FeatureNames(faults).Select(name => new FeatureValue(name, default)).ToArray();
        Array.Sort(names, static (a, b) => a.Name.Span.SequenceCompareTo(b.Name.Span));
        return names;
    }
}
