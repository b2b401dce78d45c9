using System.Globalization;
using FeatureStore.Faults.Rows;

namespace FeatureStore.Faults.Checking;

/// <summary>All that was sent for one entity, what became of it, and whether what is read of it can be.</summary>
/// <param name="entity">The entity.</param>
/// <param name="staleness">How much older than the last acknowledged write a read may be, in microseconds; 0 where every read shows all that was stored before it.</param>
internal sealed class EntityHistory(string entity, long staleness)
{
    /// <summary>Longer than a read can take: what is settled is kept so long for the reads that began before.</summary>
    private const long KeptMicroseconds = 30_000_000;

    /// <summary>How many events are remembered for the printout.</summary>
    private const int PrintedEvents = 60;

    private readonly Lock _gate = new();
    private readonly HashSet<long> _ids = [];
    private readonly Dictionary<long, OpenRow> _open = [];
    private readonly Queue<(long At, string What, WrittenRow? Row)> _events = new();
    private readonly Queue<(long At, NaiveState State)> _states = new();
    private readonly Dictionary<int, List<WrittenRow>> _shown = [];
    private NaiveState _owed = NaiveState.Empty;
    private NaiveState _settled = NaiveState.Empty;
    private long _pruned;

    /// <summary>What the rows come to that were acknowledged as stored, or have been read.</summary>
    public NaiveState Stored { get; private set; } = NaiveState.Empty;

    /// <summary>The most by which a read was older than what was acknowledged before it, in microseconds.</summary>
    public long WorstStaleness { get; private set; }

    /// <summary>What a read that begins now has to show: what was stored, but for the latest where it may be stale, and what its replica has shown before.</summary>
    public Expected Before(int replica, long now)
    {
        lock (_gate)
        {
            if (staleness == 0)
            {
                return new Expected(Stored, Stored);
            }

            while (_states.TryPeek(out var oldest) && oldest.At <= now - staleness)
            {
                _settled = _states.Dequeue().State;
            }

            var shown = _shown.GetValueOrDefault(replica) ?? [];
            shown.RemoveAll(_settled.Covers);
            return new Expected(shown.Aggregate(_settled, (state, row) => state.With(row)), Stored);
        }
    }

    /// <summary>A row is about to be sent.</summary>
    public void Attempt(WrittenRow row, long now)
    {
        lock (_gate)
        {
            if (_ids.Add(row.Id))
            {
                _open.Add(row.Id, new OpenRow(row));
            }

            Note(now, "sent", row);
            Prune(now);
        }
    }

    /// <summary>A row is stored: from now on every read shows it, or what beats it.</summary>
    public void Acknowledge(WrittenRow row, long now)
    {
        lock (_gate)
        {
            Stored = Stored.With(row);
            _owed = _owed.With(row);
            if (staleness > 0)
            {
                _states.Enqueue((now, Stored));
            }

            Note(now, "stored", row);
        }
    }

    /// <summary>The broker has taken a row: in the end it must be stored.</summary>
    public void Promise(WrittenRow row, long now)
    {
        lock (_gate)
        {
            _owed = _owed.With(row);
            Note(now, "published", row);
        }
    }

    /// <summary>Whether a row went in is not known.</summary>
    public void Unclear(WrittenRow row, string why, long now)
    {
        lock (_gate)
        {
            Note(now, why, row);
        }
    }

    /// <summary>Compares a read with what it may show.</summary>
    /// <param name="before">What it had to show when it began; null to ask for all that is owed.</param>
    /// <param name="served">The JSON text of each feature served.</param>
    /// <param name="started">When the read began.</param>
    /// <param name="ended">When it ended.</param>
    /// <param name="replica">Who answered it.</param>
    public IReadOnlyList<Finding> Check(Expected? before, IReadOnlyDictionary<string, string> served, long started, long ended, int replica)
    {
        lock (_gate)
        {
            var floor = before?.State ?? _owed;
            var check = new ReadCheck(entity, floor, [.. _open.Values.Select(open => open.Row)], _ids, started, ended);
            var faults = check.Run(served);
            if (faults.Count == 0)
            {
                if (staleness > 0)
                {
                    // To this replica alone: of what was not acknowledged others need not know.
                    _shown.TryAdd(replica, []);
                    _shown[replica].AddRange(check.Seen.Where(row => !_shown[replica].Contains(row)));
                    Measure(before, served, started, ended);
                    return [];
                }

                foreach (var row in check.Seen)
                {
                    // What was read is not taken back.
                    Stored = Stored.With(row);
                    _owed = _owed.With(row);
                    Note(ended, "read", row);
                }

                return [];
            }

            var history = History(started, ended, served);
            return [.. faults.Select(fault => new Finding(fault.Kind, entity, fault.Detail, history))];
        }
    }

    /// <summary>Finds by how much a read was older than what was acknowledged before it.</summary>
    private void Measure(Expected? before, IReadOnlyDictionary<string, string> served, long started, long ended)
    {
        if (before is not { } expected || Shows(expected.Stored, served, started, ended))
        {
            return;
        }

        foreach (var (at, state) in _states)
        {
            if (!Shows(state, served, started, ended))
            {
                WorstStaleness = Math.Max(WorstStaleness, started - at);
                return;
            }
        }
    }

    private bool Shows(NaiveState state, IReadOnlyDictionary<string, string> served, long started, long ended) =>
        new ReadCheck(entity, state, [.. _open.Values.Select(open => open.Row)], _ids, started, ended).Run(served).Count == 0;

    private void Prune(long now)
    {
        if (now - _pruned < 1_000_000)
        {
            return;
        }

        _pruned = now;
        foreach (var open in _open.Values.ToArray())
        {
            if (open.CoveredAt is { } at && now - at > KeptMicroseconds)
            {
                _open.Remove(open.Row.Id);
            }
            else if (open.CoveredAt is null && Stored.Covers(open.Row))
            {
                open.CoveredAt = now;
            }
        }
    }

    private void Note(long at, string what, WrittenRow? row)
    {
        _events.Enqueue((at, what, row));
        if (_events.Count > PrintedEvents)
        {
            _events.Dequeue();
        }
    }

    private string History(long started, long ended, IReadOnlyDictionary<string, string> served)
    {
        var lines = _events.Select(e => $"    {RowStamp.Text(e.At)} {e.What,-12} {e.Row}").ToList();
        lines.Add(string.Create(
            CultureInfo.InvariantCulture,
            $"    {RowStamp.Text(started)} read until {RowStamp.Text(ended)}: {{{string.Join(", ", served.Select(feature => $"{feature.Key}: {feature.Value}"))}}}"));
        return string.Join('\n', lines);
    }

    private sealed class OpenRow(WrittenRow row)
    {
        public WrittenRow Row { get; } = row;

        /// <summary>Since when nothing of the row can be seen that is not in <see cref="Stored"/>.</summary>
        public long? CoveredAt { get; set; }
    }
}
