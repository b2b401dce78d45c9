using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureApi.Resident;

/// <summary>How current this replica is: whether what is in memory may be served, and since when it has been kept current.</summary>
/// <remarks>
/// The replica's own probes come back on the topic of changes as long as changes do. Writers number their events, and what is
/// missing of them for too long was lost. Either begins a new generation: what was read before it is read anew when it is next
/// asked for.
/// </remarks>
internal sealed class ChangeCurrency(ResidentOptions options, TimeProvider time)
{
    /// <summary>After this long a writer that says nothing has ended: it was killed, or the replica did not hear its goodbye.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    private const int MostProbes = 64;

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Writer> _writers = new(StringComparer.Ordinal);
    private readonly long[] _sentAt = new long[MostProbes];
    private readonly long _maxTicks = (long)(options.MaxStaleness.TotalSeconds * time.TimestampFrequency);
    private long _lastProbe;
    private long _currentAt = long.MinValue;
    private int _generation = 1;
    private bool _wasCurrent;

    /// <summary>The generation of what is read now.</summary>
    public int Generation => Volatile.Read(ref _generation);

    /// <summary>This replica, among those that send probes.</summary>
    public string Replica { get; } = Guid.NewGuid().ToString("N");

    /// <summary>How many writers are listened to.</summary>
    public int Writers
    {
        get
        {
            lock (_gate)
            {
                return _writers.Count;
            }
        }
    }

    /// <summary>Whether memory may be served from. False from the start until the first probe has come back.</summary>
    public bool IsCurrent => Volatile.Read(ref _currentAt) is var at && at != long.MinValue && time.GetTimestamp() - at < _maxTicks;

    /// <summary>For how long nothing has proved that changes come in; null before anything ever has.</summary>
    public TimeSpan? Staleness => Volatile.Read(ref _currentAt) is var at && at != long.MinValue ? time.GetElapsedTime(at) : null;

    /// <summary>Begins a probe.</summary>
    /// <returns>Its number.</returns>
    public long NextProbe()
    {
        lock (_gate)
        {
            _sentAt[++_lastProbe % MostProbes] = time.GetTimestamp();
            return _lastProbe;
        }
    }

    /// <summary>Takes in what an event says of how far its sender has come.</summary>
    public void Heard(ChangeEvent change)
    {
        lock (_gate)
        {
            if (change.Probe is not null)
            {
                HeardProbe(change);
            }
            else if (change.Writer is { } name)
            {
                HeardWriter(name, change);
            }
        }
    }

    /// <summary>Something was lost, or can have been: all that was read before is read anew.</summary>
    public void BeginGeneration() => Interlocked.Increment(ref _generation);

    /// <summary>Looks for what is overdue. To be called more often than anything may be late.</summary>
    /// <returns>Why a new generation has begun; null if none has.</returns>
    public string? Look()
    {
        lock (_gate)
        {
            if (_wasCurrent && !IsCurrent)
            {
                _wasCurrent = false;
                BeginGeneration();
                return "no probe of this replica has come back";
            }

            var lost = false;
            foreach (var (name, writer) in _writers.ToArray())
            {
                if (writer.MissingSince is { } since && time.GetElapsedTime(since) >= options.Patience)
                {
                    writer.Forgive();
                    lost = true;
                }
                else if (writer.MissingSince is null && (writer.HasEnded || time.GetElapsedTime(writer.HeardAt) >= Silence))
                {
                    _writers.Remove(name);
                }
            }

            if (lost)
            {
                BeginGeneration();
            }

            return lost ? "events of a writer are missing" : null;
        }
    }

    private void HeardProbe(ChangeEvent change)
    {
        var sent = change.Probe == Replica && change.Sequence > _lastProbe - MostProbes && change.Sequence <= _lastProbe
            ? _sentAt[change.Sequence % MostProbes]
            : long.MinValue;
        if (sent > _currentAt)
        {
            if (_wasCurrent && !IsCurrent)
            {
                // Too late for what was held: meanwhile the store was read, and memory must not go back behind it.
                BeginGeneration();
            }

            Volatile.Write(ref _currentAt, sent);
            _wasCurrent |= IsCurrent;
        }
    }

    private void HeardWriter(string name, ChangeEvent change)
    {
        if (!_writers.TryGetValue(name, out var writer))
        {
            // What it sent before this replica was ever current was read, if at all, after it was saved. Later on its first events are missed
            // if they are lost, as any other.
            var isNew = _currentAt == long.MinValue;
            _writers.Add(name, writer = new Writer(!isNew ? 0 : change.Rows.Count > 0 ? change.Sequence - 1 : change.Sequence));
        }

        writer.HeardAt = time.GetTimestamp();
        writer.HasEnded |= change.Ends;
        writer.Heard(change.Sequence, isMark: change.Rows.Count == 0, writer.HeardAt);
    }

    /// <summary>What was heard of one writer.</summary>
    /// <param name="before">The number before the first that counts.</param>
    private sealed class Writer(long before)
    {
        /// <summary>What came beyond something that is missing, with when it was heard.</summary>
        private readonly SortedDictionary<long, long> _beyond = [];
        private long _complete = before;

        /// <summary>What the writer said that it had sent, as far as it has not come, with when that was heard.</summary>
        private readonly Queue<(long Sequence, long At)> _said = new();

        public long HeardAt { get; set; }

        public bool HasEnded { get; set; }

        /// <summary>Since when something is missing; null if nothing is.</summary>
        public long? MissingSince { get; private set; }

        public void Heard(long sequence, bool isMark, long now)
        {
            if (isMark)
            {
                _said.Enqueue((sequence, now));
            }
            else if (sequence > _complete)
            {
                _beyond.TryAdd(sequence, now);
                while (_beyond.Remove(_complete + 1))
                {
                    _complete++;
                }
            }

            while (_said.TryPeek(out var said) && said.Sequence <= _complete)
            {
                _said.Dequeue();
            }

            var since = _said.Count > 0 ? _said.Peek().At : long.MaxValue;
            foreach (var at in _beyond.Values)
            {
                since = Math.Min(since, at);
            }

            MissingSince = since == long.MaxValue ? null : since;
        }

        /// <summary>Counts what is missing as lost.</summary>
        public void Forgive()
        {
            _complete = Math.Max(_said.Count > 0 ? _said.Max(said => said.Sequence) : _complete, _beyond.Count > 0 ? _beyond.Keys.Last() : _complete);
            _beyond.Clear();
            _said.Clear();
            MissingSince = null;
        }
    }
}
