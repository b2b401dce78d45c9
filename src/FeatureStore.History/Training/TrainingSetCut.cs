using System.Globalization;
using System.Security.Cryptography;
using DuckDB.NET.Data;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>
/// Cuts training sets from history: each event gets the values with which the online store would have answered at its time, no
/// later ones.
/// </summary>
/// <remarks>
/// The same events and the same rows give the same bytes, in whatever files the rows lie and however often they are repeated.
/// </remarks>
/// <param name="options">What it may take of the machine.</param>
/// <param name="time">The clock by which progress is reported.</param>
public sealed class TrainingSetCut(TrainingSetOptions options, TimeProvider? time = null)
{
    /// <summary>What is done when the set itself begins to be written, and when it is written.</summary>
    private const double Begun = 0.1, Written = 0.95;

    private readonly TimeProvider _time = time ?? TimeProvider.System;

    /// <summary>Writes a training set.</summary>
    /// <param name="request">What it is made of.</param>
    /// <param name="history">The views, by name.</param>
    /// <param name="progress">Receives how much is done, from 0 to 1.</param>
    /// <param name="cancellation">Stops it; nothing is left behind.</param>
    /// <exception cref="TrainingSetException">It cannot be made of what is asked for.</exception>
    public async Task<TrainingSetResult> RunAsync(
        TrainingSetRequest request, IReadOnlyDictionary<string, ViewHistory> history, IProgress<double>? progress, CancellationToken cancellation)
    {
        var faults = RequestFaults(request, history);
        using var database = await TrainingDatabase.OpenAsync(options, _time, cancellation);
        var events = await OpenEventsAsync(database, request, faults, cancellation);
        var views = request.Features.Select(feature => feature.View).Distinct().Where(history.ContainsKey).Select(view => history[view]).ToList();
        var ids = views.ToDictionary(view => view.Name, view => events?.IdOf(view.Entity, faults) ?? "");
        var columns = events is null ? [] : ColumnNames(request, events, faults);
        if (events is null || faults.Count > 0)
        {
            throw new TrainingSetException(faults);
        }

        await ReadAsync(database, request, events.Load, cancellation);
        var check = (await ReadAsync(database, request, events.Check, cancellation))[0];
        faults.AddRange(events.Faults([.. Enumerable.Range(0, events.CheckedColumns)
            .Select(i => check[2 + (2 * i)] is { } row ? (Convert.ToInt64(row, CultureInfo.InvariantCulture), (string)check[3 + (2 * i)]!) : ((long, string)?)null)]));
        if (faults.Count > 0)
        {
            throw new TrainingSetException(faults);
        }

        var count = (long)check[0]!;
        var newest = check[1] as long? ?? long.MinValue;
        var answers = new Dictionary<FeatureReference, string>();
        var joins = new List<string>();
        foreach (var view in views)
        {
            var features = request.Features.Where(feature => feature.View == view.Name)
                .Select(feature => new FeatureColumn(feature.Feature, view.View?.Find(feature.Feature)?.Type)).ToList();
            foreach (var one in FeatureClass.Of(view, features))
            {
                var number = joins.Count;
                var lag = Microseconds(request.Lags.GetValueOrDefault(view.Name));
                var alias = string.Create(CultureInfo.InvariantCulture, $"h{number}");
                var rows = newest == long.MinValue ? null : new ClassHistory(one, request.VisibleFrom, lag, newest, number);
                if (rows?.HasValues != true)
                {
                    foreach (var feature in one.Features)
                    {
                        answers[new(view.Name, feature.Name)] = $"CAST(NULL AS {feature.ColumnType})";
                    }

                    continue;
                }

                var hasTies = await SettleTiesAsync(database, rows, cancellation);
                joins.Add($"ASOF LEFT JOIN ({rows.Relation(hasTies)}) AS {alias} ON e.{ids[view.Name]} = {alias}.id AND e.{events.Time} >= {alias}.vis");
                for (var i = 0; i < one.Features.Count; i++)
                {
                    answers[new(view.Name, one.Features[i].Name)] = rows.Answer(i, alias, $"e.{events.Time}");
                }
            }
        }

        var selected = events.Columns.Select(column => $"e.{Sql.Name(column.Name)}").Concat(request.Features.Zip(columns, (feature, column) =>
        {
            var answer = answers[feature];
            var type = history[feature.View].View?.Find(feature.Feature)?.Type;
            return $"{(request.OutputFormat == TableFormat.Csv ? new FeatureColumn(feature.Feature, type).Plain(answer) : answer)} AS {Sql.Name(column)}";
        }));
        var query = $"SELECT {string.Join(", ", selected)} FROM ({events.Relation}) AS e {string.Join(' ', joins)} ORDER BY e.{events.Row}";
        progress?.Report(Begun);
        return await WriteAsync(database, request, query, count, columns, progress, cancellation);
    }

    private static async Task<bool> SettleTiesAsync(TrainingDatabase database, ClassHistory rows, CancellationToken cancellation)
    {
        if (rows.FindTies is not { } find)
        {
            return false;
        }

        await database.RunAsync(find, null, cancellation);
        if ((long)(await database.QueryAsync($"SELECT count(*) FROM {rows.Ties}", cancellation))[0][0]! == 0)
        {
            return false;
        }

        await database.RunAsync(rows.Settle, null, cancellation);
        return true;
    }

    private static async Task<TrainingSetResult> WriteAsync(
        TrainingDatabase database, TrainingSetRequest request, string query, long count, IReadOnlyList<string> columns, IProgress<double>? progress, CancellationToken cancellation)
    {
        var target = Path.GetFullPath(request.OutputPath);
        var temporary = $"{target}.{Guid.NewGuid():N}.tmp";
        var format = request.OutputFormat == TableFormat.Parquet ? "FORMAT parquet, COMPRESSION zstd" : "FORMAT csv, HEADER";
        try
        {
            var part = progress is null ? null : new Part(progress, Begun, Written);
            await database.RunAsync($"COPY ({query}) TO {Sql.Text(temporary)} ({format})", part, cancellation);
            progress?.Report(Written);
            var counts = string.Concat(columns.Select(column => $", count({Sql.Name(column)})"));
            var read = request.OutputFormat == TableFormat.Parquet
                ? $"read_parquet({Sql.Text(temporary)}, hive_partitioning = false)"
                : $"read_csv({Sql.Text(temporary)}, header = true, all_varchar = true, allow_quoted_nulls = false, hive_partitioning = false)";
            var matched = (await database.QueryAsync($"SELECT count(*){counts} FROM {read}", cancellation))[0];
            if ((long)matched[0]! != count)
            {
                throw new InvalidOperationException($"The set has {matched[0]} rows for {count} events.");
            }

            string sha256;
            long bytes;
            await using (var file = File.OpenRead(temporary))
            {
                sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellation));
                bytes = file.Length;
            }

            File.Move(temporary, target, overwrite: true);
            progress?.Report(1);
            return new TrainingSetResult(
                count, [.. request.Features.Select((feature, i) => new TrainingSetColumn(feature, columns[i], (long)matched[i + 1]!))], bytes, sha256);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    /// <summary>What is wrong with a request before its events are looked at.</summary>
    private static List<string> RequestFaults(TrainingSetRequest request, IReadOnlyDictionary<string, ViewHistory> history)
    {
        var faults = new List<string>();
        if (request.Features.Count == 0)
        {
            faults.Add("No feature is asked for.");
        }

        foreach (var view in request.Features.Select(feature => feature.View).Distinct().Where(view => !history.ContainsKey(view)))
        {
            faults.Add($"There is no view '{StateKey.Shorten(view)}'.{ClosestName.Suggestion(view, history.Keys)}");
        }

        foreach (var feature in request.Features.Distinct().Where(feature => history.ContainsKey(feature.View)))
        {
            var known = Known(history[feature.View]);
            if (known is not null && !known.Contains(feature.Feature))
            {
                faults.Add($"The view '{feature.View}' has no feature '{StateKey.Shorten(feature.Feature)}'.{ClosestName.Suggestion(feature.Feature, known)}");
            }
        }

        foreach (var feature in request.Features.GroupBy(feature => feature).Where(group => group.Count() > 1))
        {
            faults.Add($"The feature '{feature.Key}' is asked for more than once.");
        }

        var keys = request.Features.Select(feature => feature.View).Distinct().Where(history.ContainsKey)
            .SelectMany(view => history[view].Entity?.Keys.Select(key => key.Name) ?? ["entity_id"]).ToHashSet();
        foreach (var key in request.KeyColumns.Keys.Where(key => !keys.Contains(key)))
        {
            faults.Add($"No view that is asked for has a key '{StateKey.Shorten(key)}'.{ClosestName.Suggestion(key, keys)}");
        }

        foreach (var (view, lag) in request.Lags)
        {
            if (lag < TimeSpan.Zero)
            {
                faults.Add($"The lag of the view '{view}' is negative.");
            }

            if (request.Features.All(feature => feature.View != view))
            {
                faults.Add($"A lag is given for '{StateKey.Shorten(view)}', of which no feature is asked for.{ClosestName.Suggestion(view, request.Features.Select(feature => feature.View).Distinct())}");
            }
        }

        if (request.VisibleFrom == VisibleFrom.Accepted && request.Lags.Count > 0)
        {
            faults.Add("A lag says from when on rows would have been known; with the time at which they were accepted that is known already. Give one of both.");
        }

        if (!Directory.Exists(Path.GetDirectoryName(Path.GetFullPath(request.OutputPath))))
        {
            faults.Add($"There is no folder for the file '{request.OutputPath}'.");
        }

        return faults;
    }

    /// <summary>The features that a view has; null where it may have any.</summary>
    private static IReadOnlyCollection<string>? Known(ViewHistory history)
    {
        var declared = history.View?.Features.Select(feature => feature.Name).ToList() ?? [];
        if (history.View is { IsOpen: false })
        {
            return declared;
        }

        // A view that takes any feature has those that were ever set; one that has nothing yet may be asked for anything.
        return history.Files.Count == 0 ? null : [.. declared.Concat(history.Files.SelectMany(file => file.Facts.Features.Keys)).Distinct()];
    }

    private static async Task<EventTable?> OpenEventsAsync(TrainingDatabase database, TrainingSetRequest request, List<string> faults, CancellationToken cancellation)
    {
        if (!File.Exists(request.EventsPath))
        {
            faults.Add($"There is no file '{request.EventsPath}'.");
            return null;
        }

        try
        {
            var columns = await database.QueryAsync(EventTable.Describe(request), cancellation);
            return EventTable.Of(request, [.. columns.Select(column => new EventColumn((string)column[0]!, (string)column[1]!))], faults);
        }
        catch (DuckDBException e)
        {
            faults.Add(Unreadable(request, e));
            return null;
        }
    }

    /// <summary>Runs a statement over the events, whose file may yet turn out to be broken.</summary>
    private static async Task<List<object?[]>> ReadAsync(TrainingDatabase database, TrainingSetRequest request, string sql, CancellationToken cancellation)
    {
        try
        {
            return await database.QueryAsync(sql, cancellation);
        }
        catch (DuckDBException e)
        {
            throw new TrainingSetException([Unreadable(request, e)]);
        }
    }

    private static string Unreadable(TrainingSetRequest request, DuckDBException e) =>
        $"The events in '{request.EventsPath}' cannot be read as {(request.EventsFormat == TableFormat.Csv ? "CSV" : "Parquet")}: {e.Message.Split('\n', 2)[0].Trim()}";

    /// <summary>The column of each feature: its name, with its view's where that alone would not tell.</summary>
    private static string[] ColumnNames(TrainingSetRequest request, EventTable events, List<string> faults)
    {
        // DuckDB tells no names apart by their case.
        var shared = request.Features.Distinct().GroupBy(feature => feature.Feature, StringComparer.OrdinalIgnoreCase)
            .Where(group => group.Count() > 1).Select(group => group.Key)
            .Concat(events.Columns.Select(column => column.Name)).ToHashSet(StringComparer.OrdinalIgnoreCase);
        string[] names = [.. request.Features.Select(feature => shared.Contains(feature.Feature) ? $"{feature.View}__{feature.Feature}" : feature.Feature)];
        var taken = events.Columns.Select(column => column.Name).ToHashSet(StringComparer.OrdinalIgnoreCase);
        foreach (var (feature, name) in request.Features.Zip(names).DistinctBy(pair => pair.First).Where(pair => !taken.Add(pair.Second)))
        {
            faults.Add($"The column of the feature '{feature}' would be named '{name}', which another column is named already.");
        }

        return names;
    }

    private static long Microseconds(TimeSpan lag) => (lag.Ticks + TimeSpan.TicksPerMicrosecond - 1) / TimeSpan.TicksPerMicrosecond;

    /// <summary>Progress of a part as progress of the whole.</summary>
    private sealed class Part(IProgress<double> whole, double from, double to) : IProgress<double>
    {
        public void Report(double value) => whole.Report(from + (value * (to - from)));
    }
}
