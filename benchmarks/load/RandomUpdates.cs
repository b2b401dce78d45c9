using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>Makes updates of random entities' rows, without a time of their own: each is newer than what it meets.</summary>
internal sealed class RandomUpdates
{
    private const int DifferentRows = 1000;

    private readonly int _entities;
    private readonly Random _random = new(1);
    private readonly string[] _features;

    /// <param name="entities">How many entities there are.</param>
    /// <param name="features">How many features each row has.</param>
    public RandomUpdates(int entities, int features)
    {
        _entities = entities;
        var generator = new RowGenerator(DifferentRows, features, seed: 1, eventTimestamp: "");
        _features = [.. Enumerable.Range(0, DifferentRows).Select(_ => generator.Features())];
    }

    /// <summary>Appends updates as lines of NDJSON.</summary>
    public void Append(StringBuilder lines, int count)
    {
        for (var i = 0; i < count; i++)
        {
            AppendRow(lines, _random.Next(_entities), Features());
        }
    }

    /// <summary>Appends an update whose first feature has a value by which it can be told.</summary>
    public void Append(StringBuilder lines, long entity, long value)
    {
        var features = Features();
        AppendRow(lines, entity, $"{{{Mark(value)}{features.AsSpan(features.IndexOf(',', StringComparison.Ordinal))}");
    }

    /// <summary>The first feature, as it stands in a reply too, when it has a value.</summary>
    public static string Mark(long value) => $"\"feature_00\":{value}";

    private string Features() => _features[_random.Next(_features.Length)];

    private static void AppendRow(StringBuilder lines, long entity, string features) =>
        lines.Append("{\"entity_id\":\"").Append(RowGenerator.Id(entity)).Append("\",\"features\":").Append(features).Append("}\n");
}
