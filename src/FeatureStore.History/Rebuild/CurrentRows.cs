using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>
/// The rows of a view that an online store is made of anew: of each entity the newest row of each operation and set of features. What
/// they leave out says nothing that they do not say later.
/// </summary>
public sealed class CurrentRows(HistoryCatalog catalog, DatabaseOptions options)
{
    private const int FlushBytes = 64 * 1024;
    private static readonly JsonWriterOptions WriterOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    /// <summary>Writes rows as they go over the wire, a line each, in the order of their entities.</summary>
    /// <param name="history">The view.</param>
    /// <param name="after">The entity, as <see cref="HistoryColumns.EntityId"/> has it, behind which to begin; null for the first.</param>
    /// <param name="output">Takes the lines.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="IOException">History cannot be read.</exception>
    public async Task WriteAsync(ViewHistory history, string? after, Stream output, CancellationToken cancellationToken)
    {
        var served = history.View is { IsOpen: false } view ? view.Features.Select(feature => feature.Name).ToHashSet(StringComparer.Ordinal) : null;
        var columns = history.Files.SelectMany(file => file.Facts.Columns.Keys).Where(name => served?.Contains(name) != false).Distinct().Order(StringComparer.Ordinal).ToList();
        try
        {
            using var connection = HistoryDatabase.Open(options, catalog.Folder);
            using var command = connection.CreateCommand();
            command.CommandText = Query(history, columns, after);
            command.UseStreamingMode = true;
            using var cancellation = cancellationToken.Register(command.Cancel);
            using var reader = await Task.Run(() => command.ExecuteReader(), cancellationToken);
            var lines = new ArrayBufferWriter<byte>(FlushBytes * 2);
            using var json = new Utf8JsonWriter(lines, WriterOptions);
            while (reader.Read())
            {
                if (Write(json, history, columns, served, reader))
                {
                    json.Flush();
                    lines.Write("\n"u8);
                }

                json.Reset();
                if (lines.WrittenCount >= FlushBytes)
                {
                    await output.WriteAsync(lines.WrittenMemory, cancellationToken);
                    lines.ResetWrittenCount();
                }
            }

            await output.WriteAsync(lines.WrittenMemory, cancellationToken);
        }
        catch (DuckDBException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw new IOException($"The history of view {history.Name} cannot be read: {e.Message}", e);
        }
    }

    private static string Query(ViewHistory history, List<string> columns, string? after)
    {
        // Files whose columns are of other types are read beside each other: a value's text is made of the type that it has.
        var sources = history.Files
            .GroupBy(file => string.Join('|', columns.Select(column => file.Facts.Columns.GetValueOrDefault(column))))
            .Select(group =>
            {
                var types = group.First().Facts.Columns;
                var values = columns.Select((column, i) => string.Create(CultureInfo.InvariantCulture,
                    $", {(types.TryGetValue(column, out var type) ? FeatureColumn.JsonText(Sql.Name(column), type, IsJson(history, column)) : "CAST(NULL AS VARCHAR)")} AS v{i}"));
                return $"""
                    SELECT {HistoryColumns.EntityId} AS id, {HistoryColumns.Operation} AS op, epoch_us({HistoryColumns.EventTimestamp}) AS ev,
                      epoch_us({HistoryColumns.CreatedTimestamp}) AS cr, {HistoryColumns.Ttl} AS ttl, {HistoryColumns.Present} AS present, {HistoryColumns.Text} AS text{string.Concat(values)}
                    FROM {Sql.Rows(group)}{(after is null ? "" : $" WHERE {HistoryColumns.EntityId} > {Sql.Text(after)}")}
                    """;
            });
        return $"SELECT * FROM ({string.Join(" UNION ALL ", sources)}) QUALIFY rank() OVER (PARTITION BY id, op, present ORDER BY ev DESC, cr DESC) = 1 ORDER BY id, ev, cr";
    }

    private static bool IsJson(ViewHistory history, string column) => history.View?.Find(column)?.Type is { Scalar: ScalarType.Json, IsList: false };

    /// <returns>False if nothing is left of the row that the view still has.</returns>
    private static bool Write(Utf8JsonWriter json, ViewHistory history, List<string> columns, HashSet<string>? served, DbDataReader row)
    {
        var operation = row.GetString(1);
        var all = PresentText.Names(row.GetString(5));
        var names = all.Where(name => served?.Contains(name) != false).ToList();
        if (names.Count == 0 && all.Count > 0 && operation != "replace")
        {
            return false;
        }

        json.WriteStartObject();
        json.WriteString("view"u8, history.Name);
        json.WriteStartArray("keys"u8);
        foreach (var key in StateKey.KeysOf(row.GetString(0)))
        {
            json.WriteStringValue(key);
        }

        json.WriteEndArray();
        json.WriteString("op"u8, operation);
        json.WriteString("event_timestamp"u8, new Timestamp(row.GetInt64(2)).ToString());
        json.WriteString("created_timestamp"u8, new Timestamp(row.GetInt64(3)).ToString());
        if (!row.IsDBNull(4))
        {
            json.WritePropertyName("ttl_seconds"u8);
            json.WriteRawValue((row.GetInt64(4) / 1_000_000m).ToString(CultureInfo.InvariantCulture), skipInputValidation: true);
        }

        if (operation == "delete")
        {
            WriteNames(json, names);
        }
        else
        {
            WriteValues(json, names, columns, row);
        }

        json.WriteEndObject();
        return true;
    }

    /// <summary>A row is a line: in JSON, lines break between tokens only, where a blank says the same.</summary>
    private static string OneLine(string value) => value.Replace('\n', ' ').Replace('\r', ' ');

    private static void WriteNames(Utf8JsonWriter json, List<string> names)
    {
        if (names.Count == 0)
        {
            return;
        }

        json.WriteStartArray("features"u8);
        names.ForEach(json.WriteStringValue);
        json.WriteEndArray();
    }

    private static void WriteValues(Utf8JsonWriter json, List<string> names, List<string> columns, DbDataReader row)
    {
        using var exact = row.IsDBNull(6) ? null : JsonDocument.Parse(Encoding.UTF8.GetBytes(row.GetString(6)));
        json.WriteStartObject("features"u8);
        foreach (var name in names)
        {
            json.WritePropertyName(name);
            if (exact is not null && exact.RootElement.TryGetProperty(name, out var value))
            {
                json.WriteRawValue(OneLine(value.GetRawText()), skipInputValidation: true);
            }
            else
            {
                var column = columns.IndexOf(name);
                json.WriteRawValue(column < 0 || row.IsDBNull(7 + column) ? "null" : OneLine(row.GetString(7 + column)), skipInputValidation: true);
            }
        }

        json.WriteEndObject();
    }
}
