using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;

namespace FeatureStore.DaprConformance.Comparing;

/// <summary>Compares what was recorded of one step with what is, and keeps the differences.</summary>
public sealed class Comparison(Bindings bindings)
{
    private readonly ConcurrentQueue<Difference> _differences = new();

    public IReadOnlyCollection<Difference> Differences => _differences;

    public void Add(string at, string recorded, string actual) => _differences.Enqueue(new Difference(at, bindings.Show(recorded), actual));

    public void Text(string at, string recorded, string actual)
    {
        if (!bindings.Matches(recorded, actual))
        {
            Add(at, recorded, actual);
        }
    }

    public void Number(string at, int recorded, int actual) =>
        Text(at, recorded.ToString(CultureInfo.InvariantCulture), actual.ToString(CultureInfo.InvariantCulture));

    /// <summary>A body: a text, or bytes that are none, as <c>{"base64": …}</c>.</summary>
    public void Body(string at, JsonElement recorded, ReadOnlyMemory<byte> actual) => Text(at, RecordedText.Of(recorded), RecordedText.Of(actual.Span));

    /// <summary>Compares JSON by its values; the order of members tells nothing.</summary>
    public void Json(string at, JsonElement recorded, JsonElement actual)
    {
        switch (recorded.ValueKind, actual.ValueKind)
        {
            case (JsonValueKind.Object, JsonValueKind.Object):
                foreach (var name in recorded.EnumerateObject().Concat(actual.EnumerateObject()).Select(m => m.Name).Distinct())
                {
                    Member(at, name, recorded, actual);
                }

                break;
            case (JsonValueKind.Array, JsonValueKind.Array) when recorded.GetArrayLength() == actual.GetArrayLength():
                for (var i = 0; i < recorded.GetArrayLength(); i++)
                {
                    Json($"{at}[{i}]", recorded[i], actual[i]);
                }

                break;
            case (JsonValueKind.String, JsonValueKind.String):
                Text(at, recorded.GetString()!, actual.GetString()!);
                break;
            default:
                Text(at, recorded.GetRawText(), actual.GetRawText());
                break;
        }
    }

    private void Member(string at, string name, JsonElement recorded, JsonElement actual)
    {
        var was = recorded.TryGetProperty(name, out var expected);
        if (was && actual.TryGetProperty(name, out var found))
        {
            Json($"{at}.{name}", expected, found);
        }
        else if (was)
        {
            Add($"{at}.{name}", expected.GetRawText(), "(absent)");
        }
        else
        {
            Add($"{at}.{name}", "(absent)", actual.GetProperty(name).GetRawText());
        }
    }
}
