using FeatureStore.FeatureIngest.Bodies;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Events;

/// <summary>The rows that can be read from an event.</summary>
/// <param name="Id">The event's own id, if it has one.</param>
/// <param name="Expiration">When the event is no longer to be taken, if its publisher gave it a time to live.</param>
/// <param name="Rows">Its rows without faults.</param>
internal readonly record struct EventRows(string? Id, Timestamp? Expiration, IReadOnlyList<IncomingRow> Rows)
{
    /// <summary>Reads the broker's bytes.</summary>
    /// <param name="payload">The bytes. The rows keep slices of them.</param>
    /// <param name="context">What holds where a row and its CloudEvent say nothing.</param>
    /// <param name="faults">Receives every fault of the event and its rows.</param>
    public static EventRows Read(ReadOnlyMemory<byte> payload, RowContext context, ICollection<Fault> faults)
    {
        if (payload.IsEmpty)
        {
            faults.Add(Fault.Malformed("The event is empty; one row or an array of rows is expected."));
            return new EventRows(null, null, []);
        }

        if (FeatureEvent.Read(payload, faults) is not { } feature)
        {
            return new EventRows(null, null, []);
        }

        if (feature.Time is not null || feature.Id is not null)
        {
            context = context with { EventTimestamp = feature.Time, EventId = feature.Id };
        }

        if (feature.IsOneRow)
        {
            // By far the most events: there is nothing to be found between rows.
            return new EventRows(feature.Id, feature.Expiration, RowReader.Read(feature.Data, context, faults) is { } only ? [only] : []);
        }

        var rows = new List<IncomingRow>();
        foreach (var text in JsonRows.Split(feature.Data, faults))
        {
            if (RowReader.Read(text, context, faults) is { } row)
            {
                rows.Add(row);
            }
        }

        return new EventRows(feature.Id, feature.Expiration, rows);
    }
}
