using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History.Tests;

/// <summary>Writes files of history, and looks into tables.</summary>
internal sealed class HistoryFiles(string folder) : IDisposable
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly DuckDBConnection _connection = Open();
    private int _written;

    /// <summary>Writes a file; all rows are of one day.</summary>
    /// <param name="view">The name of the view.</param>
    /// <param name="columns">The columns of features; what is not among them stands in the text.</param>
    /// <param name="rows">The rows, in the order in which they lie in the file.</param>
    /// <param name="knowsPatterns">Whether the patterns are told.</param>
    public HistoryFile Write(string view, IReadOnlyList<(string Name, string Type)> columns, IReadOnlyList<HistoryRow> rows, bool knowsPatterns = true)
    {
        var path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{view}-{_written++}.parquet"));
        var types = columns.Select(column => (column.Name, Type: Views.TypeOf(column.Type))).ToList();
        var texts = rows.Select(row => TextOf(row, types)).ToList();
        var values = rows.Zip(texts, (row, text) => $"""
            ({Text(row.EntityId)}, {Text(row.Operation.ToString().ToLowerInvariant())}, {Time(row.Event)}, {Time(row.Created)}, {Time(row.Accepted)},
            {row.Ttl?.ToString(CultureInfo.InvariantCulture) ?? "NULL"}::BIGINT, NULL::VARCHAR, {Text(Present(row))}, {(text is null ? "NULL" : Text(text))}::VARCHAR,
            hash({Text(string.Join('|', row.EntityId, row.Operation, row.Event, row.Created, row.Ttl, string.Join(',', row.Names.Select(name => name + row.Features[name]))))})
            {string.Concat(types.Select(column => $", {Literal(row, column.Name, column.Type)}"))})
            """);
        string[] names =
        [
            HistoryColumns.EntityId, HistoryColumns.Operation, HistoryColumns.EventTimestamp, HistoryColumns.CreatedTimestamp, HistoryColumns.AcceptedTimestamp,
            HistoryColumns.Ttl, HistoryColumns.EventId, HistoryColumns.Present, HistoryColumns.Text, HistoryColumns.Hash, .. types.Select(column => column.Name),
        ];
        Run($"COPY (SELECT * FROM (VALUES {string.Join(",\n", values)}) AS rows({string.Join(", ", names.Select(name => $"\"{name}\""))})) TO {Text(path)} (FORMAT parquet, COMPRESSION zstd)");
        return new HistoryFile(path, view, rows[0].Date, new FileInfo(path).Length, new RowFacts
        {
            Rows = rows.Count,
            OldestEvent = HistoryRow.At(rows.Min(row => row.Event)),
            NewestEvent = HistoryRow.At(rows.Max(row => row.Event)),
            Patterns = knowsPatterns ? [.. rows.Select(row => new RowPattern(row.Operation.ToString().ToLowerInvariant(), Present(row))).Distinct()] : null,
            IsUnique = rows.Select(row => (row.EntityId, row.Event)).Distinct().Count() == rows.Count,
            HasText = texts.Any(text => text is not null),
            Columns = types.ToDictionary(column => column.Name, column => ColumnType.Of(column.Type)),
            Features = rows.Where(row => row.Operation != RowOperation.Delete).SelectMany(row => row.Features).GroupBy(feature => feature.Key)
                .ToDictionary(group => group.Key, group => new FeatureFacts(group.Count(), group.Count(feature => feature.Value == "null"))),
        });
    }

    public void Run(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    /// <summary>The rows of a query.</summary>
    public List<object?[]> Query(string sql)
    {
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            rows.Add([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.IsDBNull(i) ? null : reader.GetValue(i))]);
        }

        return rows;
    }

    /// <summary>The columns of a Parquet file and their types.</summary>
    public IEnumerable<(string Name, string Type)> Columns(string path) =>
        Query($"DESCRIBE SELECT * FROM read_parquet({Text(path)})").Select(row => ((string)row[0]!, (string)row[1]!));

    public void Dispose() => _connection.Dispose();

    public static string Text(string text) => $"'{text.Replace("'", "''", StringComparison.Ordinal)}'";

    public static string Time(long at) => $"make_timestamptz({HistoryRow.At(at).Microseconds.ToString(CultureInfo.InvariantCulture)})";

    private static DuckDBConnection Open()
    {
        var connection = new DuckDBConnection("DataSource=:memory:");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SET TimeZone = 'UTC'; SET threads = 1";
        command.ExecuteNonQuery();
        return connection;
    }

    private static string Present(HistoryRow row) => JsonSerializer.Serialize(row.Names, Json);

    /// <summary>What the columns do not say exactly.</summary>
    private static string? TextOf(HistoryRow row, List<(string Name, FeatureType Type)> columns)
    {
        var members = row.Operation == RowOperation.Delete ? [] : row.Names
            .Where(name => !columns.Any(column => column.Name == name && IsExact(row.Features[name], column.Type)))
            .Select(name => $"{JsonSerializer.Serialize(name, Json)}:{row.Features[name]}").ToList();
        return members.Count == 0 ? null : $"{{{string.Join(',', members)}}}";
    }

    private static bool IsExact(string json, FeatureType type) => type is not { IsList: false, Scalar: ScalarType.Float64 } || json == "null"
        || json == double.Parse(json, CultureInfo.InvariantCulture).ToString("0.0################", CultureInfo.InvariantCulture);

    private static string Literal(HistoryRow row, string name, FeatureType type)
    {
        var json = row.Operation == RowOperation.Delete ? "null" : row.Features.GetValueOrDefault(name, "null");
        return json == "null" ? $"NULL::{ColumnType.Of(type)}" : Literal(JsonDocument.Parse(json).RootElement, type);
    }

    private static string Literal(JsonElement json, FeatureType type)
    {
        if (type.IsList)
        {
            return $"CAST([{string.Join(", ", json.EnumerateArray().Select(element => Literal(element, type with { IsList = false })))}] AS {ColumnType.Of(type)})";
        }

        var plain = json.ValueKind == JsonValueKind.String && type.Scalar != ScalarType.Json ? json.GetString()! : json.GetRawText();
        return type.Scalar == ScalarType.Bytes ? $"from_base64({Text(plain)})" : $"CAST({Text(plain)} AS {ColumnType.Of(type)})";
    }
}
