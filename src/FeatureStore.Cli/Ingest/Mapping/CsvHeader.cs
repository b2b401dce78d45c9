namespace FeatureStore.Cli.Ingest;

/// <summary>The columns of a CSV file and what each is to a row.</summary>
internal sealed class CsvHeader
{
    private readonly ColumnRole[] _roles;
    private readonly int[] _keyColumns;
    private readonly ColumnType[] _types;

    private CsvHeader(string[] names, RowMapping mapping)
    {
        Names = names;
        _roles = [.. names.Select(mapping.RoleOf)];
        _keyColumns = [.. mapping.Id.Select(id => Array.IndexOf(names, id))];
        _types = [.. names.Select(name => mapping.Text.Contains(name) ? ColumnType.Text()
            : mapping.TypeOf(name) is { } declared ? ColumnType.Of(declared)
            : ColumnType.ToBeLearnt())];
        Time = Array.IndexOf(_roles, ColumnRole.Time);
        Created = Array.IndexOf(_roles, ColumnRole.Created);
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>The column of the event time, or −1.</summary>
    public int Time { get; }

    /// <summary>The column of the created time, or −1.</summary>
    public int Created { get; }

    /// <summary>The columns of the id, in the id's order.</summary>
    public ReadOnlySpan<int> KeyColumns => _keyColumns;

    /// <summary>Checks a header against the command line; every fault is told.</summary>
    public static CsvHeader Check(string file, string[] cells, RowMapping mapping)
    {
        string[] names = [.. cells.Select(cell => cell.Trim())];
        var faults = new List<string>();
        foreach (var twice in names.Select((name, i) => (name, column: i + 1)).Where(x => x.name.Length > 0)
            .GroupBy(x => x.name).Where(g => g.Count() > 1))
        {
            faults.Add($"Column \"{twice.Key}\" occurs more than once (columns {string.Join(", ", twice.Select(x => x.column))}). Rename all but one.");
        }

        var unnamed = Array.IndexOf(names, "");
        if (unnamed >= 0 && mapping.Only.Count == 0)
        {
            faults.Add($"Column {unnamed + 1} has no name in the header. Name it, or name the columns to take with --column.");
        }

        faults.AddRange(
            from wanted in mapping.NamedColumns()
            where !names.Contains(wanted.Column)
            select $"{wanted.Option}: there is no column \"{wanted.Column}\". {ColumnHint.Of(wanted.Column, [.. names.Where(n => n.Length > 0)])}");
        return faults.Count == 0
            ? new CsvHeader(names, mapping)
            : throw new UsageException(string.Join('\n', faults.Select(fault => $"{file}: {fault}")));
    }

    public void Learn(string[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            _types[i].Learn(cells[i]);
        }
    }

    public void WriteFeatures(RowBuilder row, string[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (_roles[i] == ColumnRole.Feature)
            {
                row.Name(Names[i]);
                _types[i].Write(row, cells[i]);
            }
        }
    }
}
