using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using DuckDB.NET.Data;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.History;

/// <summary>What the tests ask of history, in few words.</summary>
internal static class HistoryCalls
{
    /// <summary>Rows of the files of a view, as whoever opens them reads them.</summary>
    public static async Task<IReadOnlyList<IReadOnlyDictionary<string, object?>>> Rows(string folder, string view, string select = "*", string? where = null)
    {
        for (var attempt = 0; ; attempt++)
        {
            try
            {
                return Query($"SELECT {select} FROM read_parquet('{folder}/view={view}/*/*.parquet', union_by_name = true, hive_partitioning = false){(where is null ? "" : $" WHERE {where}")}");
            }
            catch (DuckDBException e) when (e.Message.Contains("No files found", StringComparison.Ordinal))
            {
                return [];
            }
            catch (DuckDBException) when (attempt < 20)
            {
                // A file went between being found and being opened, because another says the same now.
                await Task.Delay(50, TestContext.Current.CancellationToken);
            }
        }
    }

    /// <summary>Waits until so many different rows of a view are in history.</summary>
    public static Task Holds(this HistoryStack stack, string view, int rows, string? where = null) => Wait.UntilAsync(
        async () => (await Rows(stack.Folder, view, "DISTINCT _entity_id, _op, _event_timestamp, _created_timestamp, _hash", where)).Count >= rows,
        $"{rows} rows of {view} in history");

    /// <summary>Makes a training set and waits for it.</summary>
    /// <param name="history">The service.</param>
    /// <param name="events">The events as CSV.</param>
    /// <param name="query">What is asked for.</param>
    /// <returns>The set's lines, the first being its columns; and the job's last reply.</returns>
    public static async Task<(string[][] Lines, JsonElement Job)> TrainingSet(this HttpClient history, string events, string query)
    {
        var job = await history.Send(HttpMethod.Post, $"/training-sets?format=csv&{query}", events, "text/csv");
        Assert.True(job.Status == HttpStatusCode.Accepted, job.Body);
        var address = $"/training-sets/{job.Json.GetProperty("id").GetString()}";
        var last = job;
        await Wait.UntilAsync(async () => (last = await history.Read(address)).Json.GetProperty("status").GetString() is "done" or "failed", "the training set to be made");
        Assert.True(last.Json.GetProperty("status").GetString() == "done", last.Body);
        var data = await history.Read($"{address}/data");
        Assert.Equal(HttpStatusCode.OK, data.Status);
        return ([.. data.Body.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split(','))], last.Json);
    }

    public static string Text(this DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A value of JSON as a table without types has it.</summary>
    public static string Plain(this JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Null => "",
        _ => value.GetRawText(),
    };

    private static List<IReadOnlyDictionary<string, object?>> Query(string sql)
    {
        using var connection = new DuckDBConnection("DataSource=:memory:;threads=1");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        var rows = new List<IReadOnlyDictionary<string, object?>>();
        while (reader.Read())
        {
            rows.Add(Enumerable.Range(0, reader.FieldCount).ToDictionary(reader.GetName, i => reader.IsDBNull(i) ? null : reader.GetValue(i)));
        }

        return rows;
    }
}
