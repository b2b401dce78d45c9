using System.Globalization;
using FeatureStore.Model;

namespace FeatureStore.History;

/// <summary>
/// The history of a class of features as a relation to join with events: of each entity and each time from which a row is visible
/// at most one row, and the newest visible one is what the store knew. Its columns are <c>id</c>, <c>vis</c>, <c>rank</c>,
/// <c>expiry</c> and the values <c>v0</c>, <c>v1</c>, …; where each row is a value and none meets another, <c>ttl</c> instead of rank
/// and expiry.
/// </summary>
/// <remarks>
/// Times are whole microseconds. The rank orders what rows of one stamp say: that the features are gone but for this stamp (0), a
/// value (1), that they are deleted (2). It is the order of <see cref="FeatureEntry.CompareTo"/> but for its last part, the bytes of
/// the values: they may decide otherwise for each feature of a class. Rows that only they tell apart are settled before, in a table.
/// </remarks>
internal sealed class ClassHistory
{
    private const string Never = "9223372036854775807";
    private const string Entries = "ev, cr, rank, expiry";
    private const string Event = $"epoch_us({HistoryColumns.EventTimestamp})";
    private const string Created = $"epoch_us({HistoryColumns.CreatedTimestamp})";

    private readonly FeatureClass _features;
    private readonly VisibleFrom _visibleFrom;
    private readonly long _lag;
    private readonly int _number;
    private readonly IReadOnlyList<FileGroup> _groups;

    /// <param name="features">The features.</param>
    /// <param name="visibleFrom">From when on rows count.</param>
    /// <param name="lag">How much later they count, in microseconds.</param>
    /// <param name="newest">The time of the newest event, in microseconds; what happened later is not read.</param>
    /// <param name="number">The number of the class among those of the set.</param>
    public ClassHistory(FeatureClass features, VisibleFrom visibleFrom, long lag, long newest, int number)
    {
        _features = features;
        _visibleFrom = visibleFrom;
        _lag = lag;
        _number = number;
        var shared = features.History.Files.GroupBy(file => file.Date).Where(date => date.Count() > 1).Select(date => date.Key).ToHashSet();
        _groups =
        [
            .. features.History.Files
                .Where(file => file.Facts.Rows > 0 && (visibleFrom == VisibleFrom.Accepted || file.Facts.OldestEvent.Microseconds <= newest - lag))
                .Where(file => Patterns([file]) is not { } patterns || patterns.Any(features.IsMetBy))
                .OrderBy(file => file.Path, StringComparer.Ordinal)
                .GroupBy(file => (
                    MayMeet: shared.Contains(file.Date) || !file.Facts.IsUnique,
                    file.Facts.HasText,
                    IsKnown: file.Facts.Patterns is not null,
                    Types: string.Join('|', features.Features.Select(feature => file.Facts.Columns.GetValueOrDefault(feature.Name)))))
                .Select(group => new FileGroup([.. group], group.Key.MayMeet, group.Key.HasText)),
        ];
    }

    /// <summary>Whether there can be a value at all.</summary>
    public bool HasValues => _groups.Any(group => Patterns(group.Files) is not { } patterns || patterns.Any(pattern => !pattern.IsDelete && _features.IsNamedBy(pattern)));

    /// <summary>The statement that counts what <see cref="Settle"/> has to settle, having written it down; null where there can be nothing.</summary>
    public string? FindTies
    {
        get
        {
            var sources = _groups.Where(group => group.MayMeet).Select(group => Source(group, "_hash AS hash")).ToList();
            return sources.Count == 0
                ? null
                : $"CREATE TEMP TABLE {Ties} AS SELECT id, {Entries} FROM ({Union(sources)}) WHERE rank = 1 GROUP BY id, {Entries} HAVING min(hash) <> max(hash)";
        }
    }

    /// <summary>The table of what <see cref="FindTies"/> found.</summary>
    public string Ties => string.Create(CultureInfo.InvariantCulture, $"ties_{_number}");

    /// <summary>The statement that settles, feature by feature, rows that only their values' bytes tell apart.</summary>
    public string Settle
    {
        get
        {
            var sources = _groups.Where(group => group.MayMeet).Select(group => Source(group, [
                .. ValuesOf(group),
                .. _features.Features.Select((feature, i) => Named(feature.Compared(TypeIn(group, feature), group.HasText), 'x', i))]));
            var best = _features.Features.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"arg_max({{'v': v{i}}}, x{i}) OVER same AS v{i}"));
            var winners = string.Join(", ", _features.Features.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"v{i}.v AS v{i}")));
            return $"""
                CREATE TEMP TABLE {Settled} AS SELECT id, vis, {Entries}, {winners} FROM (
                SELECT id, vis, {Entries}, {string.Join(", ", best)} FROM ({Union(sources)}) SEMI JOIN {Ties} USING (id, {Entries})
                WINDOW same AS (PARTITION BY id, {Entries} ORDER BY vis RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW))
                """;
        }
    }

    /// <summary>The relation.</summary>
    /// <param name="hasTies">Whether <see cref="Settle"/> has been run.</param>
    public string Relation(bool hasTies)
    {
        if (IsPlain)
        {
            // What the join need not carry it does not sort either, and the expiry is asked of far fewer rows after it.
            return Union(_groups.Select(group => $"SELECT {HistoryColumns.EntityId} AS id, {Visible} AS vis, {HistoryColumns.Ttl} AS ttl, {string.Join(", ", ValuesOf(group))} FROM {Rows(group)}"));
        }

        var direct = _groups.Where(group => !IsReduced(group)).Select(WithValues).ToList();
        var reduced = _groups.Where(IsReduced).ToList();
        if (reduced.Count == 0)
        {
            return direct.Count == 0 ? throw new InvalidOperationException("There is no history to join.") : Union(direct.Select(source => $"SELECT {Columns} FROM ({source})"));
        }

        var rows = Union(reduced.Select(group => hasTies && group.MayMeet
            ? $"SELECT {AllColumns} FROM ({WithValues(group)}) ANTI JOIN {Ties} USING (id, {Entries})"
            : WithValues(group)));
        if (hasTies)
        {
            rows = $"{rows} UNION ALL SELECT {AllColumns} FROM {Settled}";
        }

        var greatest = $"SELECT * FROM ({rows}) QUALIFY row_number() OVER (PARTITION BY id, vis ORDER BY ev DESC, cr DESC, rank DESC, expiry DESC) = 1";

        // Rows become visible in another order than that of their stamps: one that loses against what is visible already says nothing.
        var records = _visibleFrom == VisibleFrom.EventTime
            ? greatest
            : $"SELECT * FROM ({greatest}) QUALIFY coalesce(max(row({Entries})) OVER (PARTITION BY id ORDER BY vis ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) <= row({Entries}), true)";
        return Union([.. direct.Select(source => $"SELECT {Columns} FROM ({source})"), $"SELECT {Columns} FROM ({records})"]);
    }

    /// <summary>What an event gets of a feature.</summary>
    /// <param name="index">Which of the class's features.</param>
    /// <param name="alias">The name under which the relation is joined.</param>
    /// <param name="time">The event's time.</param>
    public string Answer(int index, string alias, string time)
    {
        var isServed = IsPlain
            ? $"{alias}.vis IS NOT NULL AND coalesce({alias}.vis - {Sql.Number(_lag)} + {alias}.ttl, {Never}) > {time}"
            : $"{alias}.rank = 1 AND {alias}.expiry > {time}";
        return string.Create(CultureInfo.InvariantCulture, $"CASE WHEN {isServed} THEN {alias}.v{index} END");
    }

    /// <summary>Whether each row is a value, and the only one of its entity and time.</summary>
    private bool IsPlain => _groups.All(group => !IsReduced(group) && SaysOnlyValues(group));

    private string Visible => _visibleFrom switch
    {
        VisibleFrom.Accepted => $"epoch_us({HistoryColumns.AcceptedTimestamp})",
        VisibleFrom.Created => $"greatest({Event} + {Sql.Number(_lag)}, {Created})",
        _ => $"{Event} + {Sql.Number(_lag)}",
    };

    private string Settled => string.Create(CultureInfo.InvariantCulture, $"settled_{_number}");

    private string Columns => $"id, vis, rank, expiry, {Values}";

    private string AllColumns => $"id, vis, {Entries}, {Values}";

    private string Values => string.Join(", ", _features.Features.Select((_, i) => string.Create(CultureInfo.InvariantCulture, $"v{i}")));

    private bool IsReduced(FileGroup group) => group.MayMeet || _visibleFrom != VisibleFrom.EventTime;

    /// <summary>Whether all rows that say something of the features give them values.</summary>
    private bool SaysOnlyValues(FileGroup group) =>
        Patterns(group.Files)?.Where(_features.IsMetBy).All(pattern => !pattern.IsDelete && _features.IsNamedBy(pattern)) == true;

    private IEnumerable<string> ValuesOf(FileGroup group) => _features.Features.Select((feature, i) => Named(Value(feature, group), 'v', i));

    private string WithValues(FileGroup group) => Source(group, [.. ValuesOf(group)]);

    /// <summary>The rows of files that say something of the features, to select from.</summary>
    private string Rows(FileGroup group)
    {
        var files = $"read_parquet([{Sql.Texts(group.Files.Select(file => Path.GetFullPath(file.Path)))}], hive_partitioning = false)";
        var patterns = Patterns(group.Files);
        return patterns?.All(_features.IsMetBy) == true
            ? files
            : $"{files} WHERE {NamedBy(patterns)} OR {HistoryColumns.Operation} = 'replace' OR ({HistoryColumns.Operation} = 'delete' AND {HistoryColumns.Present} = '[]')";
    }

    /// <summary>What rows of files say of the features.</summary>
    private string Source(FileGroup group, params string[] columns)
    {
        var rank = SaysOnlyValues(group) ? "1" : $"CASE WHEN {HistoryColumns.Operation} = 'delete' THEN 2 WHEN {NamedBy(Patterns(group.Files))} THEN 1 ELSE 0 END";
        return $"""
            SELECT {HistoryColumns.EntityId} AS id, {Visible} AS vis, {Event} AS ev, {Created} AS cr, {rank} AS rank, coalesce({Event} + {HistoryColumns.Ttl}, {Never}) AS expiry, {string.Join(", ", columns)}
            FROM {Rows(group)}
            """;
    }

    /// <summary>Whether a row names the features.</summary>
    private string NamedBy(IReadOnlyList<NamedPattern>? patterns)
    {
        if (patterns is not null)
        {
            var texts = patterns.Where(_features.IsNamedBy).Select(pattern => pattern.Pattern.Present).Distinct().Order(StringComparer.Ordinal).ToList();
            return texts.Count == 0 ? "false" : $"{HistoryColumns.Present} IN ({Sql.Texts(texts)})";
        }

        // Next to a name that is escaped, a part of it may look like this one.
        var name = _features.Features[0].Name;
        var isListed = $"list_contains(CAST(CAST({HistoryColumns.Present} AS JSON) AS VARCHAR[]), {Sql.Text(name)})";
        return _features.HasPlainName
            ? $"(contains({HistoryColumns.Present}, {Sql.Text($"\"{name}\"")}) AND (NOT contains({HistoryColumns.Present}, '\\') OR {isListed}))"
            : isListed;
    }

    private IReadOnlyList<NamedPattern>? Patterns(IReadOnlyList<HistoryFile> files)
    {
        if (files.Any(file => file.Facts.Patterns is null))
        {
            return null;
        }

        var said = files.SelectMany(file => file.Facts.Patterns!).ToHashSet();
        return _features.Patterns is { } known ? [.. known.Where(pattern => said.Contains(pattern.Pattern))] : [.. said.Select(NamedPattern.Of)];
    }

    private static string Value(FeatureColumn feature, FileGroup group) => feature.Value(TypeIn(group, feature), group.HasText);

    private static string? TypeIn(FileGroup group, FeatureColumn feature) => group.Files[0].Facts.Columns.GetValueOrDefault(feature.Name);

    private static string Named(string expression, char letter, int index) => string.Create(CultureInfo.InvariantCulture, $"{expression} AS {letter}{index}");

    private static string Union(IEnumerable<string> queries) => string.Join(" UNION ALL ", queries);

    /// <summary>Files that are read alike.</summary>
    /// <param name="Files">The files.</param>
    /// <param name="MayMeet">Whether two rows in them may be of one entity and one event timestamp.</param>
    /// <param name="HasText">Whether a row in them has something in <see cref="HistoryColumns.Text"/>.</param>
    private sealed record FileGroup(IReadOnlyList<HistoryFile> Files, bool MayMeet, bool HasText);
}
