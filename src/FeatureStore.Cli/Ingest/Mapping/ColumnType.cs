namespace FeatureStore.Cli.Ingest;

/// <summary>What the cells of a CSV column are sent as; learnt from a sample of them.</summary>
internal sealed class ColumnType
{
    private enum Kind
    {
        Undecided,
        Number,
        Bool,
        String,
    }

    private Kind _kind;

    private ColumnType(Kind kind) => _kind = kind;

    public static ColumnType Text() => new(Kind.String);

    public static ColumnType ToBeLearnt() => new(Kind.Undecided);

    /// <summary>Takes a sampled cell into account: one cell that does not fit makes the column a string.</summary>
    public void Learn(string cell)
    {
        if (cell.Length == 0 || _kind == Kind.String)
        {
            return;
        }

        var kind = KindOf(cell);
        _kind = _kind == Kind.Undecided || _kind == kind ? kind : Kind.String;
    }

    /// <summary>Writes a cell: empty is null, what fits the column is written exactly as it stands, the rest as a string.</summary>
    public void Write(RowBuilder row, string cell)
    {
        if (cell.Length == 0)
        {
            row.Raw("null");
            return;
        }

        var kind = _kind == Kind.String ? Kind.String : KindOf(cell);
        if (_kind == Kind.Undecided)
        {
            // The sample had only empty cells: the first that is not decides.
            _kind = kind;
        }

        if (kind != _kind || kind == Kind.String)
        {
            row.Text(cell);
        }
        else if (kind == Kind.Bool)
        {
            row.Raw(cell[0] is 't' or 'T' ? "true" : "false");
        }
        else
        {
            row.Raw(cell);
        }
    }

    private static Kind KindOf(string cell) =>
        JsonNumber.Is(cell) ? Kind.Number
        : cell.Equals("true", StringComparison.OrdinalIgnoreCase) || cell.Equals("false", StringComparison.OrdinalIgnoreCase) ? Kind.Bool
        : Kind.String;
}
