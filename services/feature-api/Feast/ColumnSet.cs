using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>Columns of one length by name, in the order in which they came: the entities of a read, the data frame of a write.</summary>
internal sealed class ColumnSet
{
    private readonly string _member;
    private readonly Dictionary<string, JsonElement[]> _columns = new(StringComparer.Ordinal);

    private ColumnSet(string member, JsonElement json)
    {
        _member = member;
        Json = json;
    }

    /// <summary>The columns as they were given.</summary>
    public JsonElement Json { get; }

    /// <summary>How many rows there are.</summary>
    public int Rows { get; private set; }

    public IReadOnlyCollection<string> Names => _columns.Keys;

    /// <summary>The values of a column, or null if there is none.</summary>
    public JsonElement[]? this[string name] => _columns.GetValueOrDefault(name);

    public static ColumnSet? Read(string member, JsonElement json, FeastRefusal refusal)
    {
        var columns = new ColumnSet(member, json);
        var isWhole = true;
        foreach (var column in json.EnumerateObject())
        {
            if (column.Value.ValueKind == JsonValueKind.Array)
            {
                columns._columns[column.Name] = [.. column.Value.EnumerateArray()];
                continue;
            }

            isWhole = false;
            refusal.Add("list_type", "Input should be a valid list", column.Value, member, column.Name);
        }

        return isWhole && columns.AreEven(refusal) ? columns : null;
    }

    /// <summary>Refuses for a join key that is not there.</summary>
    public void Lacks(string key, string view, FeastRefusal refusal) => refusal.Add(
        "missing", $"Field required: the view '{view}' has the join key '{key}'.{ClosestName.Suggestion(key, Names)}", Json, _member, key);

    private bool AreEven(FeastRefusal refusal)
    {
        string? first = null;
        var isEven = true;
        foreach (var (name, values) in _columns)
        {
            if (first is null)
            {
                first = name;
                Rows = values.Length;
            }
            else if (values.Length != Rows)
            {
                isEven = false;
                refusal.Add(
                    "value_error", $"All columns must be of one length: '{StateKey.Shorten(name)}' has {values.Length} values, '{StateKey.Shorten(first)}' has {Rows}", null, _member, name);
            }
        }

        return isEven;
    }
}
