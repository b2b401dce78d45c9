using System.Globalization;

namespace FeatureStore.Faults.Rows;

/// <summary>A row as history has it.</summary>
/// <param name="Entity">The entity id.</param>
/// <param name="Operation"><c>merge</c>, <c>replace</c> or <c>delete</c>.</param>
/// <param name="Stamp">Its timestamps; default where only the store knows them.</param>
/// <param name="TtlMicroseconds">How long its values are served, if not for ever.</param>
/// <param name="Present">The names of its features, a JSON array.</param>
/// <param name="Values">Their values, a JSON object: none of them is declared. Null where there are none.</param>
internal readonly record struct HistoryRow(string Entity, string Operation, RowStamp Stamp, long? TtlMicroseconds, string Present, string? Values)
{
    /// <summary>The same row, whatever stamp it was given.</summary>
    public HistoryRow Unstamped => this with { Stamp = default };

    public static HistoryRow Of(WrittenRow row) => new(
        row.Entity,
        row.Kind switch { RowKind.Merge => "merge", RowKind.Replace => "replace", _ => "delete" },
        row.Stamp,
        row.TtlSeconds * 1_000_000L,
        $"[{string.Join(',', row.Features.Select(feature => $"\"{feature}\""))}]",
        row.Kind != RowKind.Delete && row.Features.Length > 0 ? row.FeaturesJson : null);

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Operation} {Present} {Values} event {RowStamp.Text(Stamp.Event)} created {RowStamp.Text(Stamp.Created)} ttl {TtlMicroseconds?.ToString(CultureInfo.InvariantCulture) ?? "-"}");
}
