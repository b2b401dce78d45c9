using System.Text.Json;
using FeatureStore.FeatureApi.Query;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Feast;

/// <summary>The join keys of a read: the columns that are sent back, and the state keys that they make.</summary>
internal sealed class JoinKeyColumns
{
    private JoinKeyColumns(List<JoinKeyColumn> columns, List<string?[]> stateKeys)
    {
        Columns = columns;
        StateKeys = stateKeys;
    }

    /// <summary>The columns of the request that are join keys, in its order.</summary>
    public IReadOnlyList<JoinKeyColumn> Columns { get; }

    /// <summary>For each row the state key in each of the plan's views; null where nothing can be stored under it.</summary>
    public IReadOnlyList<string?[]> StateKeys { get; }

    public static JoinKeyColumns? Read(ColumnSet entities, QueryPlan plan, FeastRefusal refusal)
    {
        // Two entities may have a key of one name and of two types.
        var needed = new Dictionary<JoinKey, JoinKeyColumn>();
        foreach (var view in plan.Views)
        {
            foreach (var key in JoinKeyColumn.KeysOf(view.Schema))
            {
                if (needed.ContainsKey(key))
                {
                    continue;
                }

                if (entities[key.Name] is { } given)
                {
                    needed.Add(key, JoinKeyColumn.Needed(key, given, refusal));
                }
                else
                {
                    entities.Lacks(key.Name, view.Name, refusal);
                }
            }
        }

        if (!refusal.IsEmpty)
        {
            return null;
        }

        var columns = new List<JoinKeyColumn>();
        var ofNames = needed.Values.DistinctBy(column => column.Key.Name).ToDictionary(column => column.Key.Name, StringComparer.Ordinal);
        foreach (var name in entities.Names)
        {
            if (ofNames.TryGetValue(name, out var column))
            {
                columns.Add(column);
            }
            else if (Elsewhere(plan.Applied.Registry, name) is { } key)
            {
                columns.Add(JoinKeyColumn.Echoed(key, entities[name]!));
            }
        }

        var stateKeys = Encode(entities.Rows, plan, needed, refusal);
        return refusal.IsEmpty ? new JoinKeyColumns(columns, stateKeys) : null;
    }

    private static List<string?[]> Encode(int rows, QueryPlan plan, Dictionary<JoinKey, JoinKeyColumn> needed, FeastRefusal refusal)
    {
        var views = plan.Views.Select(view => (view.Name, Keys: JoinKeyColumn.KeysOf(view.Schema).Select(key => needed[key]).ToArray())).ToArray();
        var stateKeys = new List<string?[]>(rows);
        var faults = new List<Fault>();
        for (var row = 0; row < rows && !refusal.IsFull; row++)
        {
            var ofRow = new string?[views.Length];
            for (var i = 0; i < views.Length; i++)
            {
                var (name, columns) = views[i];
                var keys = Array.ConvertAll(columns, column => column.Values[row]);
                // Nothing is stored under a key that is missing or empty, so nothing is found.
                ofRow[i] = Array.TrueForAll(keys, key => key is { Length: > 0 }) ? StateKey.Encode(name, keys!, faults) : null;
                if (faults.Count > 0)
                {
                    refusal.Add("value_error", faults[0].Detail, columns[0].Given[row], "entities", columns[0].Key.Name, row);
                    faults.Clear();
                }
            }

            stateKeys.Add(ofRow);
        }

        return stateKeys;
    }

    /// <summary>The join key of a name that another view has.</summary>
    private static JoinKey? Elsewhere(Registry registry, string name) => registry.Entities.Values
        .Where(entity => registry.ViewsOf(entity.Name).Count > 0)
        .SelectMany(entity => entity.Keys).FirstOrDefault(key => key.Name == name);
}
