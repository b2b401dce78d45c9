using System.Globalization;
using System.Text;
using FeatureStore.Model;

namespace FeatureStore.History.Tests.Files;

/// <summary>Rows as the store accepts them, and what is declared of them.</summary>
internal static class AcceptedRows
{
    /// <summary>The first of January 2026.</summary>
    public const long Start = 1_767_225_600_000_000;

    public const long Day = 86_400_000_000;

    private static readonly Entity Thing = new("thing", [new JoinKey("id", ScalarType.String)], Description.None);

    public static FeatureView View(TimeSpan? retention = null, params (string Name, string Type)[] features) => new()
    {
        Name = "things",
        Entity = "thing",
        Retention = retention,
        IsOpen = true,
        Features = [.. features.Select(one => new Feature(one.Name, TypeOf(one.Type), null, Description.None))],
    };

    public static FeatureStore.Model.Registry Declared(FeatureView view) => new([Thing], [view], []);

    public static ViewHistory Of(HistoryCatalog catalog, FeatureView view) => new(view.Name, view, Thing, catalog.Files.GetValueOrDefault(view.Name, []));

    /// <summary>A row of view <c>things</c>.</summary>
    /// <param name="entity">The entity id, which needs no encoding.</param>
    /// <param name="at">The event timestamp, in microseconds from <see cref="Start"/>.</param>
    /// <param name="operation">What it does.</param>
    /// <param name="ttl">Its ttl in microseconds.</param>
    /// <param name="accepted">When it was accepted, as <paramref name="at"/>; an instant after it unless given.</param>
    /// <param name="features">The features: names and JSON texts.</param>
    public static AcceptedRow Row(string entity, long at, RowOperation operation = RowOperation.Merge, long? ttl = null, long? accepted = null, params (string Name, string Json)[] features) => new()
    {
        StateKey = $"things/{entity}",
        Operation = operation,
        Stamp = new Stamp(new Timestamp(Start + at), new Timestamp(Start + at)),
        AcceptedAt = new Timestamp(Start + (accepted ?? at + 1)),
        TtlMicroseconds = ttl,
        Features = [.. features.OrderBy(one => one.Name, StringComparer.Ordinal).Select(one => new FeatureValue(Encoding.UTF8.GetBytes(one.Name), Encoding.UTF8.GetBytes(one.Json)))],
    };

    public static string Time(long at) => DateTime.UnixEpoch.AddMicroseconds(Start + at).ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    private static FeatureType TypeOf(string text) => FeatureType.TryParse(text, out var type) ? type : throw new ArgumentException(text, nameof(text));
}
