using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace FeatureStore.Client;

/// <summary>What was known of features at a time, as it reads at a later one: their ages, and what has expired.</summary>
/// <remarks>It is worked out for those that are asked for, because most calls want the values alone.</remarks>
internal sealed class AgedMetadata(IReadOnlyDictionary<string, FeatureMetadata> known, DateTimeOffset now) : IReadOnlyDictionary<string, FeatureMetadata>
{
    public int Count => known.Count;

    public IEnumerable<string> Keys => known.Keys;

    public IEnumerable<FeatureMetadata> Values => known.Values.Select(Aged);

    public FeatureMetadata this[string key] => Aged(known[key]);

    public bool ContainsKey(string key) => known.ContainsKey(key);

    public bool TryGetValue(string key, [MaybeNullWhen(false)] out FeatureMetadata value)
    {
        var isKnown = known.TryGetValue(key, out var then);
        value = isKnown ? Aged(then!) : null;
        return isKnown;
    }

    public IEnumerator<KeyValuePair<string, FeatureMetadata>> GetEnumerator() =>
        known.Select(feature => KeyValuePair.Create(feature.Key, Aged(feature.Value))).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    private FeatureMetadata Aged(FeatureMetadata then) => then with
    {
        Age = now - then.EventTimestamp,
        Status = then.Status is FeatureStatus.Present or FeatureStatus.NullValue && then.ExpiresAt <= now ? FeatureStatus.OutsideMaxAge : then.Status,
    };
}
