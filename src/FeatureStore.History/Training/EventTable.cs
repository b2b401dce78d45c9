using System.Globalization;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>The events of a training set as a relation: their columns, and beside them what is joined by.</summary>
internal sealed class EventTable
{
    private readonly TrainingSetRequest _request;
    private readonly Dictionary<string, (string Column, JoinKey Key)> _keys = [];
    private readonly Dictionary<string, int> _ids = [];
    private readonly List<string> _idExpressions = [];
    private string _prefix = "_";

    private EventTable(TrainingSetRequest request, IReadOnlyList<EventColumn> columns)
    {
        _request = request;
        Columns = columns;
        while (columns.Any(column => column.Name.StartsWith(_prefix, StringComparison.OrdinalIgnoreCase)))
        {
            _prefix += "_";
        }
    }

    /// <summary>The columns of the file.</summary>
    public IReadOnlyList<EventColumn> Columns { get; }

    /// <summary>The column of the events' place in their file.</summary>
    public string Row => Sql.Name(_prefix + "row");

    /// <summary>The column of the events' time, in microseconds.</summary>
    public string Time => Sql.Name(_prefix + "t");

    /// <summary>The statement that lists the columns of the file, with the type of each.</summary>
    public static string Describe(TrainingSetRequest request) => $"DESCRIBE SELECT * FROM {Read(request, [])}";

    /// <summary>The statement that makes the relation <c>raw</c>: the file's columns, with the place of each row.</summary>
    public string Load
    {
        get
        {
            if (_request.EventsFormat == TableFormat.Csv)
            {
                // The text of a key is what it is known by: 1.0 is not 1.
                var asText = _keys.Values.Where(key => key.Key.Type == ScalarType.String).Select(key => key.Column);
                return $"CREATE TEMP TABLE raw AS SELECT *, row_number() OVER () AS {Row} FROM {Read(_request, asText)}";
            }

            const string FileRow = "file_row_number";
            return Columns.Any(column => string.Equals(column.Name, FileRow, StringComparison.OrdinalIgnoreCase))
                ? $"CREATE TEMP VIEW raw AS SELECT *, row_number() OVER () AS {Row} FROM {Read(_request, [])}"
                : $"CREATE TEMP VIEW raw AS SELECT * EXCLUDE ({FileRow}), {FileRow} + 1 AS {Row} FROM {Read(_request, [])[..^1]}, file_row_number = true)";
        }
    }

    /// <summary>The relation: the file's columns, place, time and the ids of all entities.</summary>
    public string Relation
    {
        get
        {
            var ids = _idExpressions.Select((id, i) => $"{id} AS {Id(i)}");
            return $"SELECT *, {TimeExpression} AS {Time}{string.Concat(ids.Select(id => $", {id}"))} FROM raw";
        }
    }

    /// <summary>The statement that counts the events, finds the newest, and the first row of each column that cannot be read.</summary>
    public string Check
    {
        get
        {
            var checks = Checked.Select(check => $", {FirstBad(check.Column, check.IsBad)}");
            return $"SELECT count(*), max({TimeExpression}){string.Concat(checks)} FROM raw";
        }
    }

    /// <summary>Opens a file of events as it was described.</summary>
    /// <param name="request">What is asked for.</param>
    /// <param name="columns">Its columns.</param>
    /// <param name="faults">Receives a fault if the column of the time is missing or cannot be one.</param>
    public static EventTable Of(TrainingSetRequest request, IReadOnlyList<EventColumn> columns, ICollection<string> faults)
    {
        var table = new EventTable(request, columns);
        if (table.Find(request.TimeColumn) is not { } time)
        {
            faults.Add($"The events have no column '{request.TimeColumn}' for their time.{ClosestName.Suggestion(request.TimeColumn, table.Names)}");
        }
        else if (!time.IsText && !time.Type.StartsWith("TIMESTAMP", StringComparison.Ordinal) && time.Type != "DATE")
        {
            faults.Add($"The column '{time.Name}' is {time.Type} and no timestamp.");
        }

        return table;
    }

    /// <summary>The column of the id of an entity, which the relation has from now on.</summary>
    /// <param name="entity">The entity; null for one that is not declared.</param>
    /// <param name="faults">Receives what is wrong with the columns of its keys.</param>
    public string IdOf(Entity? entity, ICollection<string> faults)
    {
        var keys = entity?.Keys ?? [new JoinKey("entity_id", ScalarType.String)];
        var parts = new List<string>();
        foreach (var key in keys)
        {
            var name = _request.KeyColumns.GetValueOrDefault(key.Name, key.Name);
            if (Find(name) is { } column)
            {
                _keys[$"{key.Name}:{key.Type}"] = (column.Name, key);
                parts.Add($"url_encode({Canonical(column, key)})");
            }
            else
            {
                var fault = $"The events have no column '{name}' for the key '{key.Name}'{(entity is null ? "" : $" of the entity '{entity.Name}'")}.{ClosestName.Suggestion(name, Names)}";
                if (!faults.Contains(fault))
                {
                    faults.Add(fault);
                }
            }
        }

        var id = string.Join(" || '/' || ", parts);
        if (!_ids.TryGetValue(id, out var index))
        {
            index = _ids[id] = _idExpressions.Count;
            _idExpressions.Add($"({id})");
        }

        return Id(index);
    }

    /// <summary>Says what <see cref="Check"/> found after its first two values.</summary>
    /// <param name="found">Of each checked column the first place and text that cannot be read, or null.</param>
    public IEnumerable<string> Faults(IReadOnlyList<(long Row, string Text)?> found) => Checked
        .Zip(found)
        .Where(pair => pair.Second is not null)
        .Select(pair => $"Row {pair.Second!.Value.Row.ToString(CultureInfo.InvariantCulture)} of the events has '{StateKey.Shorten(pair.Second.Value.Text)}' in the column '{pair.First.Column}', which is no {pair.First.Expected}.");

    /// <summary>How many columns <see cref="Check"/> looks through.</summary>
    public int CheckedColumns => Checked.Count();

    private IEnumerable<string> Names => Columns.Select(column => column.Name);

    private IEnumerable<(string Column, string IsBad, string Expected)> Checked
    {
        get
        {
            yield return (_request.TimeColumn, $"{Sql.Name(_request.TimeColumn)} IS NOT NULL AND {TimeExpression} IS NULL", "timestamp");
            foreach (var (name, key) in _keys.Values.Where(key => key.Key.Type != ScalarType.String))
            {
                yield return (name, $"{Sql.Name(name)} IS NOT NULL AND {Canonical(Find(name)!, key)} IS NULL", $"{FeatureType.NameOf(key.Type)}, as the key '{key.Name}' is");
            }
        }
    }

    private string TimeExpression
    {
        get
        {
            var column = Find(_request.TimeColumn)!;
            var name = Sql.Name(column.Name);
            var time = column.Type switch
            {
                "TIMESTAMP" or "TIMESTAMP WITH TIME ZONE" => name,
                _ when column.IsText => $"TRY_CAST({name} AS TIMESTAMP WITH TIME ZONE)",
                _ when column.Type.Contains("TIME ZONE", StringComparison.Ordinal) => $"CAST({name} AS TIMESTAMP WITH TIME ZONE)",
                _ => $"CAST({name} AS TIMESTAMP)",
            };
            return $"(CASE WHEN isfinite({time}) THEN epoch_us({time}) END)";
        }
    }

    private EventColumn? Find(string name) => Columns.FirstOrDefault(column => column.Name == name)
        ?? Columns.FirstOrDefault(column => string.Equals(column.Name, name, StringComparison.OrdinalIgnoreCase));

    private string Id(int index) => Sql.Name(string.Create(CultureInfo.InvariantCulture, $"{_prefix}id{index}"));

    /// <summary>A key's value as <see cref="JoinKey.Canonical"/> has it; null where it is of another type.</summary>
    private static string Canonical(EventColumn column, JoinKey key)
    {
        var name = Sql.Name(column.Name);
        if (key.Type == ScalarType.String)
        {
            return $"CAST({name} AS VARCHAR)";
        }

        var integer = key.Type == ScalarType.Int32 ? "INTEGER" : "BIGINT";
        if (column.Type is "DOUBLE" or "FLOAT")
        {
            return $"CAST(CASE WHEN {name} = trunc({name}) THEN TRY_CAST({name} AS {integer}) END AS VARCHAR)";
        }

        return $"CAST(TRY_CAST(nullif(regexp_extract(CAST({name} AS VARCHAR), '^([-+]?[0-9]+)(\\.0+)?$', 1), '') AS {integer}) AS VARCHAR)";
    }

    private string FirstBad(string column, string isBad) =>
        $"min({Row}) FILTER ({isBad}), arg_min(CAST({Sql.Name(column)} AS VARCHAR), {Row}) FILTER ({isBad})";

    private static string Read(TrainingSetRequest request, IEnumerable<string> asText)
    {
        var path = Sql.Text(Path.GetFullPath(request.EventsPath));
        if (request.EventsFormat == TableFormat.Parquet)
        {
            return $"read_parquet({path}, hive_partitioning = false)";
        }

        // Where text becomes text again, every value stays as it is written.
        var types = request.OutputFormat == TableFormat.Csv
            ? "all_varchar = true"
            : $"sample_size = -1{(asText.Any() ? $", types = {{{string.Join(", ", asText.Distinct().Select(column => $"{Sql.Text(column)}: 'VARCHAR'"))}}}" : "")}";
        return $"read_csv({path}, header = true, hive_partitioning = false, {types})";
    }
}

/// <summary>A column of the events.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type, as DuckDB names it.</param>
internal sealed record EventColumn(string Name, string Type)
{
    public bool IsText => Type == "VARCHAR";
}
