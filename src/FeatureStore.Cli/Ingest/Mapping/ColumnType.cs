using System.Text.Json;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>What the cells of a CSV column are sent as: what the view declares, or else what a sample of them looks like.</summary>
internal sealed class ColumnType
{
    private enum Kind
    {
        Undecided,
        Number,
        Bool,
        String,

        /// <summary>A declared number; cells that are none are sent as strings, for the service to reject.</summary>
        DeclaredNumber,

        /// <summary>A declared list or JSON: cells are JSON where they can be read as such.</summary>
        DeclaredJson,
    }

    private readonly bool _learns;
    private Kind _kind;

    private ColumnType(Kind kind, bool learns = false) => (_kind, _learns) = (kind, learns);

    public static ColumnType Text() => new(Kind.String);

    public static ColumnType ToBeLearnt() => new(Kind.Undecided, learns: true);

    /// <summary>The type that a view declares: neither a sample nor the look of a cell makes another of it.</summary>
    public static ColumnType Of(FeatureType declared) => new(declared switch
    {
        { IsList: true } or { Scalar: ScalarType.Json } => Kind.DeclaredJson,
        { Scalar: ScalarType.Int32 or ScalarType.Int64 or ScalarType.Float32 or ScalarType.Float64 } => Kind.DeclaredNumber,
        { Scalar: ScalarType.Bool } => Kind.Bool,
        _ => Kind.String,
    });

    /// <summary>Takes a sampled cell into account: one cell that does not fit makes the column a string.</summary>
    public void Learn(string cell)
    {
        if (cell.Length == 0 || !_learns || _kind == Kind.String)
        {
            return;
        }

        var kind = KindOf(cell);
        _kind = _kind == Kind.Undecided || _kind == kind ? kind : Kind.String;
    }

    /// <summary>Writes a cell: empty is null, what fits the column is written exactly as it stands, the rest as a string.</summary>
    public void Write(RowBuilder row, string cell)
    {
        if (_kind == Kind.Undecided && cell.Length > 0)
        {
            // The sample had only empty cells: the first that is not decides.
            _kind = KindOf(cell);
        }

        if (cell.Length == 0)
        {
            row.Raw("null");
        }
        else if (_kind is Kind.Number or Kind.DeclaredNumber && JsonNumber.Is(cell))
        {
            row.Raw(cell);
        }
        else if (_kind == Kind.DeclaredNumber && cell.Equals("NaN", StringComparison.OrdinalIgnoreCase))
        {
            row.NotANumber();
        }
        else if (_kind == Kind.Bool && IsBool(cell))
        {
            row.Raw(cell[0] is 't' or 'T' ? "true" : "false");
        }
        else if (_kind == Kind.DeclaredJson && IsJson(cell))
        {
            // A newline is white space in JSON, and on the wire the end of the row.
            row.Raw(cell.Replace('\n', ' ').Replace('\r', ' '));
        }
        else
        {
            row.Text(cell);
        }
    }

    private static Kind KindOf(string cell) => JsonNumber.Is(cell) ? Kind.Number : IsBool(cell) ? Kind.Bool : Kind.String;

    private static bool IsBool(string cell) =>
        cell.Equals("true", StringComparison.OrdinalIgnoreCase) || cell.Equals("false", StringComparison.OrdinalIgnoreCase);

    private static bool IsJson(string cell)
    {
        try
        {
            using var _ = JsonDocument.Parse(cell);
            return true;
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
