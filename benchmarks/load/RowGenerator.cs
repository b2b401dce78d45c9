using System.Globalization;
using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>Makes rows: entities 0 to N-1, numeric features, the same ones for the same seed.</summary>
internal sealed class RowGenerator(long rows, int features, int seed, string eventTimestamp)
{
    private readonly Random _random = new(seed);
    private readonly StringBuilder _line = new();
    private readonly string[] _names = [.. Enumerable.Range(0, features).Select(i => "feature_" + i.ToString("D2", CultureInfo.InvariantCulture))];

    public long Rows => rows;

    /// <summary>An entity's id: with as many digits as redis-benchmark gives its random numbers.</summary>
    public static string Id(long entity) => entity.ToString("D12", CultureInfo.InvariantCulture);

    /// <summary>The next row as a line of NDJSON; to be called for 0, 1, 2…</summary>
    public string Line(long entity)
    {
        _line.Clear();
        _line.Append("{\"entity_id\":\"").Append(Id(entity)).Append("\",\"event_timestamp\":\"").Append(eventTimestamp).Append("\",\"features\":");
        AppendFeatures();
        return _line.Append("}\n").ToString();
    }

    /// <summary>The next row's features: one JSON object.</summary>
    public string Features()
    {
        _line.Clear();
        AppendFeatures();
        return _line.ToString();
    }

    public async Task WriteAsync(string file, CancellationToken cancellationToken)
    {
        await using var output = new StreamWriter(file);
        for (var i = 0L; i < rows; i++)
        {
            await output.WriteAsync(Line(i).AsMemory(), cancellationToken);
        }
    }

    private void AppendFeatures()
    {
        for (var i = 0; i < _names.Length; i++)
        {
            _line.Append(i == 0 ? "{\"" : ",\"").Append(_names[i]).Append("\":");
            if (i % 2 == 0)
            {
                _line.Append(_random.Next(1_000_000));
            }
            else
            {
                _line.Append(CultureInfo.InvariantCulture, $"{_random.NextDouble() * 1000:F4}");
            }
        }

        _line.Append('}');
    }
}
