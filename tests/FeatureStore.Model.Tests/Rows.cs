using System.Text;

namespace FeatureStore.Model.Tests;

/// <summary>Short ways to make rows, and to look into states.</summary>
internal static class Rows
{
    public static readonly Timestamp Start = Timestamp.From(new DateTimeOffset(2026, 11, 23, 10, 0, 0, TimeSpan.Zero));

    public static Timestamp At(double seconds) => Start.Plus((long)(seconds * 1_000_000));

    public static Stamp Stamp(double seconds, double created = 0) => new(At(seconds), At(created));

    public static IncomingRow Row(
        RowOperation operation, IEnumerable<(string Name, string Value)> features, double? ttlSeconds = null, Timestamp? eventTimestamp = null) => new()
        {
            View = "v",
            Keys = ["k"],
            StateKey = "v/k",
            Operation = operation,
            EventTimestamp = eventTimestamp,
            TtlMicroseconds = ttlSeconds is { } ttl ? (long)(ttl * 1_000_000) : null,
            Features = [.. features
            .Select(feature => new FeatureValue(Encoding.UTF8.GetBytes(feature.Name), Encoding.UTF8.GetBytes(feature.Value)))
            .OrderBy(feature => feature.Name, Comparer<ReadOnlyMemory<byte>>.Create((a, b) => a.Span.SequenceCompareTo(b.Span)))],
        };

    public static IncomingRow Merge(string name, string value, double? ttlSeconds = null) => Row(RowOperation.Merge, [(name, value)], ttlSeconds);

    public static StoredRow Apply(this StoredRow state, IncomingRow row, Stamp stamp, double atSeconds, Lateness? lateness = null)
    {
        lateness ??= new Lateness();
        var now = At(atSeconds);
        return StoredRow.Join(state.At(now, lateness), StoredRow.Of(row, stamp, now, lateness));
    }

    /// <summary>The live features as JSON, by way of the document that is stored.</summary>
    public static string Live(this StoredRow state, double atSeconds)
    {
        var now = At(atSeconds);
        var document = StoredRowCodec.Encode(state, now, Timestamp.Never);
        if (StoredRowReader.TryReadLive(document, now, out var features))
        {
            return Text(features);
        }

        var live = StoredRowReader.Decode(document).Entries.ToArray()
            .Where(entry => entry.Kind == EntryKind.Value && entry.Expiry > now)
            .Select(entry => $"\"{Text(entry.Name)}\":{Text(entry.Value)}");
        return "{" + string.Join(',', live) + "}";
    }

    public static string Text(ReadOnlyMemory<byte> utf8) => Encoding.UTF8.GetString(utf8.Span);
}
