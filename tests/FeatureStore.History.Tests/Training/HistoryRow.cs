using System.Globalization;
using System.Text;
using FeatureStore.Model;

namespace FeatureStore.History.Tests;

/// <summary>A row of history; times are microseconds around <see cref="Midnight"/>.</summary>
internal sealed record HistoryRow(
    IReadOnlyList<string> Keys, RowOperation Operation, long Event, long Created, long Accepted, long? Ttl, IReadOnlyDictionary<string, string> Features)
{
    public static readonly Timestamp Midnight = Timestamp.From(new DateTimeOffset(2026, 11, 24, 0, 0, 0, TimeSpan.Zero));

    /// <summary>The features' names in the order of their UTF-8 bytes.</summary>
    public IReadOnlyList<string> Names => [.. Features.Keys.OrderBy(Encoding.UTF8.GetBytes, Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))];

    public DateOnly Date => DateOnly.FromDateTime(At(Event).ToDateTimeOffset().UtcDateTime);

    public string EntityId
    {
        get
        {
            var id = new StringBuilder();
            foreach (var key in Keys)
            {
                PercentEncoding.Append(id.Length > 0 ? id.Append('/') : id, key);
            }

            return id.ToString();
        }
    }

    public static Timestamp At(long microseconds) => Midnight.Plus(microseconds);

    /// <summary>A row that merges features, accepted as it happened.</summary>
    public static HistoryRow Merge(string key, long at, params (string Name, string Json)[] features) =>
        new([key], RowOperation.Merge, at, at, at, null, features.ToDictionary(feature => feature.Name, feature => feature.Json));

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{EntityId} {Operation} {{{string.Join(", ", Names.Select(name => $"{name}: {Features[name]}"))}}} event {Event}, created {Created}, accepted {Accepted}, ttl {Ttl}");
}
