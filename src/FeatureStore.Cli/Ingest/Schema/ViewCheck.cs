using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>Checks a file against the view that it is loaded into, before its first row is sent.</summary>
/// <remarks>
/// Columns that no value of theirs could fit are refused by their type, where the file tells it; the others by a sample of
/// rows, when none of a column's values fits. Single values that do not fit are left to the service, which names their rows.
/// </remarks>
internal sealed class ViewCheck
{
    private readonly string _file;
    private readonly RowMapping _mapping;
    private readonly DeclaredView _declared;
    private readonly List<string> _faults = [];
    private readonly HashSet<string> _refused = new(StringComparer.Ordinal);
    private readonly ValueSample _sample;
    private bool _hasUndeclared;

    public ViewCheck(string file, RowMapping mapping)
    {
        _file = file;
        _mapping = mapping;
        _declared = mapping.Declared!;
        _sample = new ValueSample(_declared, mapping.Id);
    }

    private FeatureView View => _declared.View;

    /// <summary>Checks what can be told from the command line alone.</summary>
    /// <exception cref="UsageException">It does not fit the view.</exception>
    public static void CheckOptions(RowMapping mapping)
    {
        var declared = mapping.Declared!;
        var keys = declared.Entity.Keys.Select(key => key.Name).ToList();
        var faults = new List<string>();
        if (mapping.Id.Count > 0 && mapping.Id.Count != keys.Count)
        {
            faults.Add($"--id names {Columns(mapping.Id)}, and entity {declared.Entity.Name} has {(keys.Count == 1 ? "the join key" : "the join keys")} {string.Join(", ", keys)}.");
        }
        else if (!mapping.Id.SequenceEqual(keys) && mapping.Id.Order().SequenceEqual(keys.Order()))
        {
            faults.Add($"--id names the join keys in another order than entity {declared.Entity.Name} declares them. Give {string.Join(' ', keys.Select(key => $"--id {key}"))}.");
        }

        faults.AddRange(
            from feature in mapping.DeletedFeatures
            where !declared.View.IsOpen && declared.View.Find(feature) is null
            select $"--feature: view {declared.View.Name} has no feature \"{feature}\".{Suggestion(feature, declared.View)}");
        if (faults.Count > 0)
        {
            throw new UsageException(string.Join('\n', faults));
        }
    }

    /// <summary>Checks the columns that a file says it has.</summary>
    public void Add(IReadOnlyList<SourceColumn>? columns)
    {
        foreach (var column in columns ?? [])
        {
            if (_mapping.RoleOf(column.Name) != ColumnRole.Feature)
            {
                continue;
            }

            if (View.Find(column.Name) is not { } feature)
            {
                AddUndeclared(column.Name);
            }
            else if (column.Type is { } type && !ArrowTypes.MayFit(type, feature.Type))
            {
                Refuse(column.Name, $"Column \"{column.Name}\" is {ArrowTypes.Describe(type)} in the file and {feature.Type} in the view.");
            }
        }
    }

    /// <summary>Takes a row into account. Rows on the wire name their views themselves, and are left to the service.</summary>
    public void Add(RowResult row)
    {
        if (row is { Rejection: null, IsOnTheWire: false })
        {
            _sample.Add(row);
        }
    }

    /// <summary>Everything that is wrong; nothing if the file fits.</summary>
    public string? Describe()
    {
        foreach (var name in _sample.Undeclared)
        {
            AddUndeclared(name);
        }

        foreach (var (name, type, line, fault) in _sample.Misfits)
        {
            if (!_refused.Contains(name))
            {
                Refuse(name, $"\"{name}\" is {type} in the view, and none of its first values is. In {Place(line)}: {fault}.");
            }
        }

        if (_faults.Count == 0)
        {
            return null;
        }

        var hint = _hasUndeclared ? "\nTake only some columns with --column, or declare the others and apply the registry." : "";
        return $"{_file} does not fit view {View.Name} (version {_declared.Version} of the registry):\n{string.Join('\n', _faults.Select(fault => $"  - {fault}"))}{hint}";
    }

    private void AddUndeclared(string name)
    {
        if (!View.IsOpen && !_refused.Contains(name))
        {
            _hasUndeclared = true;
            Refuse(name, $"\"{name}\" is no feature of the view.{Suggestion(name, View)}");
        }
    }

    private void Refuse(string name, string fault)
    {
        _refused.Add(name);
        _faults.Add(fault);
    }

    private static string Suggestion(string name, FeatureView view) =>
        ClosestName.Suggestion(name, view.Features.Select(feature => feature.Name));

    private static string Columns(IReadOnlyList<string> columns) =>
        columns.Count == 1 ? $"column {columns[0]}" : $"{columns.Count} columns ({string.Join(", ", columns)})";

    private string Place(long line) => $"{_file}:{line}";
}
