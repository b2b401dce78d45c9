using System.Globalization;

namespace FeatureStore.LoadBaselines;

/// <summary>Makes a registry around the view that the generated rows belong to, as JSON.</summary>
internal static class RegistryGenerator
{
    /// <param name="views">How many views in all.</param>
    /// <param name="features">The features of each view; of view <c>default</c> those of the generated rows.</param>
    /// <param name="ofRows">The features of the generated rows.</param>
    /// <param name="isPushed">Whether view <c>default</c> is served from memory. Then there is view <c>pulled</c> too, for the same rows, which is not.</param>
    public static string Make(int views, int features, int ofRows, bool isPushed)
    {
        static string Features(int count) => string.Join(
            ',', Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"\"feature_{i:D2}\":\"float64\"")));

        // Ten views an entity; view default has one of its own, by whose key the rows are asked for.
        var others = Enumerable.Range(0, views - 1).ToList();
        var entities = others.Select(i => i / 10).Distinct().Select(i => string.Create(CultureInfo.InvariantCulture, $",\"entity_{i}\":{{\"keys\":{{\"id_{i}\":\"string\"}}}}"));
        var declared = others.Select(i => string.Create(
            CultureInfo.InvariantCulture, $",\"view_{i}\":{{\"entity\":\"entity_{i / 10}\",\"ttl\":\"3h\",\"features\":{{{Features(features)}}}}}"));
        var pulled = isPushed ? $",\"pulled\":{{\"entity\":\"e\",\"features\":{{{Features(ofRows)}}}}}" : "";
        return $"{{\"entities\":{{\"e\":{{\"keys\":{{\"id\":\"string\"}}}}{string.Concat(entities)}}},"
            + $"\"views\":{{\"default\":{{\"entity\":\"e\",{(isPushed ? "\"serving\":\"push\"," : "")}\"features\":{{{Features(ofRows)}}}}}{pulled}{string.Concat(declared)}}}}}";
    }
}
