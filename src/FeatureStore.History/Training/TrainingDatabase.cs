using System.Data.Common;
using DuckDB.NET.Data;
using DuckDB.NET.Native;

namespace FeatureStore.History;

/// <summary>A DuckDB of its own for one training set. It fetches nothing from anywhere, and a cancelled statement stops.</summary>
internal sealed class TrainingDatabase : IDisposable
{
    private static readonly TimeSpan PollEvery = TimeSpan.FromMilliseconds(100);

    private readonly DuckDBConnection _connection = HistoryDatabase.Open();
    private readonly TimeProvider _time;

    /// <summary>A folder of its own: two databases would take each other's files there for theirs.</summary>
    private readonly string _spill;

    private TrainingDatabase(TrainingSetOptions options, TimeProvider time)
    {
        _time = time;
        _spill = Path.Combine(options.TemporaryFolder, Guid.NewGuid().ToString("N"));
        Directory.CreateDirectory(_spill);
    }

    public static async Task<TrainingDatabase> OpenAsync(TrainingSetOptions options, TimeProvider time, CancellationToken cancellation)
    {
        var database = new TrainingDatabase(options, time);
        try
        {
            TextFunctions.Register(database._connection);
            string?[] settings =
            [
                "SET enable_progress_bar = true",
                "SET enable_progress_bar_print = false",
                $"SET temp_directory = {Sql.Text(database._spill)}",
                options.MemoryLimit is { } limit ? $"SET memory_limit = {Sql.Text(limit)}" : null,
                options.Threads is { } threads ? $"SET threads = {Sql.Number(threads)}" : null,
            ];
            foreach (var setting in settings.OfType<string>())
            {
                await database.RunAsync(setting, null, cancellation);
            }

            return database;
        }
        catch
        {
            database.Dispose();
            throw;
        }
    }

    /// <summary>Runs a statement.</summary>
    /// <param name="sql">The statement.</param>
    /// <param name="progress">Receives how much of it is done, from 0 to 1.</param>
    /// <param name="cancellation">Interrupts it.</param>
    public Task RunAsync(string sql, IProgress<double>? progress, CancellationToken cancellation) =>
        ExecuteAsync(sql, command => command.ExecuteNonQuery(), progress, cancellation);

    /// <summary>The rows of a query that has few.</summary>
    public Task<List<object?[]>> QueryAsync(string sql, CancellationToken cancellation) => ExecuteAsync(sql, static command =>
    {
        using DbDataReader reader = command.ExecuteReader();
        var rows = new List<object?[]>();
        while (reader.Read())
        {
            var row = new object?[reader.FieldCount];
            for (var i = 0; i < row.Length; i++)
            {
                row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
            }

            rows.Add(row);
        }

        return rows;
    }, null, cancellation);

    public void Dispose()
    {
        _connection.Dispose();
        if (Directory.Exists(_spill))
        {
            Directory.Delete(_spill, recursive: true);
        }
    }

    private async Task<T> ExecuteAsync<T>(string sql, Func<DuckDBCommand, T> execute, IProgress<double>? progress, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        using var command = _connection.CreateCommand();
        command.CommandText = sql;
        var work = Task.Run(() => execute(command), CancellationToken.None);
        while (!work.IsCompleted)
        {
            // A statement that has not quite begun does not hear that it is to stop, so it is told again.
            if (cancellation.IsCancellationRequested)
            {
                command.Cancel();
                await Task.WhenAny(work, Task.Delay(PollEvery, _time, CancellationToken.None));
            }
            else
            {
                await Task.WhenAny(work, Task.Delay(PollEvery, _time, cancellation));
                if (progress is not null && !work.IsCompleted && _connection.GetQueryProgress().Percentage is > 0 and var percentage)
                {
                    progress.Report(Math.Min(1, percentage / 100));
                }
            }
        }

        try
        {
            return await work;
        }
        catch (DuckDBException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
        catch (DuckDBException e) when (e.ErrorType == DuckDBErrorType.OutOfMemory)
        {
            throw new TrainingSetException([$"The set does not fit into the memory and the disk that it may take: {e.Message.Split('\n', 2)[0].Trim()}"]);
        }
    }
}
