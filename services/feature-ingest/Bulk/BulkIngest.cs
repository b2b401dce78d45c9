using FeatureStore.Dapr;
using FeatureStore.Model;

namespace FeatureStore.FeatureIngest.Bulk;

/// <summary>Writes the rows of one bulk request, with a bounded number of them under way.</summary>
internal sealed class BulkIngest(OnlineWriter writer, HistoryRowWriter history, RegistryWatch registry, IngestOptions options, TimeProvider time)
{
    /// <summary>Begins a request, once it is known what is declared.</summary>
    /// <exception cref="StateUnavailableException">It could not be read yet.</exception>
    public async Task<Session> BeginAsync(string position, Destination to, CancellationToken cancellationToken) =>
        new(this, position, to, await registry.GetAsync(cancellationToken));

    /// <summary>One bulk request.</summary>
    public sealed class Session(BulkIngest ingest, string position, Destination to, AppliedRegistry begun)
    {
        private readonly Queue<(long At, int Bytes, Task<WriteOutcome> Written)> _underWay = new();
        private static readonly TimeSpan RefreshInterval = TimeSpan.FromMilliseconds(100);

        private readonly List<Fault> _faults = [];
        private long? _refreshedAt;
        private long _bytes;

        public BulkReport Report { get; } = new(ingest.Options, position);

        /// <summary>Whether the store was found to be away: the rest of the request is then not tried.</summary>
        public bool IsAway { get; private set; }

        /// <summary>Takes one row. Waits while as many are under way as may be.</summary>
        public async ValueTask AddAsync(ReadOnlyMemory<byte> json, long at)
        {
            if (IsAway)
            {
                // Rows are reported in the order of their positions, so those still under way come first.
                await EndAsync();
                Report.Fail(at, "");
                return;
            }

            if (Read(json, ingest.Registry.Current ?? begun) is not { } row && (await RefreshAsync(at) is not { } newer || (row = Read(json, newer)) is null))
            {
                if (!IsAway)
                {
                    Report.Reject(at, _faults);
                }

                return;
            }

            _underWay.Enqueue((at, row.SizeBytes, to == Destination.History ? ingest.History.WriteAsync(row) : ingest.Writer.WriteAsync(row)));
            _bytes += row.SizeBytes;
            while (_underWay.Count > ingest.Options.WindowRows || _bytes > ingest.Options.WindowBytes)
            {
                await SettleOldestAsync();
            }
        }

        private IncomingRow? Read(ReadOnlyMemory<byte> json, AppliedRegistry applied)
        {
            _faults.Clear();
            return RowReader.Read(json, ingest.Options.Context(ingest.Time, applied) with { SkipsHistory = to is Destination.Online or Destination.OnlineFromHistory, IsFromHistory = to == Destination.OnlineFromHistory }, _faults);
        }

        /// <summary>A newer registry, should the row that has faults be declared in one; many such rows ask for it now and then.</summary>
        private async Task<AppliedRegistry?> RefreshAsync(long at)
        {
            var known = ingest.Registry.Current;
            if (!_faults.Exists(fault => fault.Kind is FaultKind.Unknown or FaultKind.Invalid)
                || (_refreshedAt is { } last && ingest.Time.GetElapsedTime(last) < RefreshInterval))
            {
                return null;
            }

            try
            {
                var newest = await ingest.Registry.RefreshAsync(CancellationToken.None);
                _refreshedAt = ingest.Time.GetTimestamp();
                return newest == known ? null : newest;
            }
            catch (StateStoreException e)
            {
                await EndAsync();
                IsAway = true;
                Report.Fail(at, e.Message);
                return null;
            }
        }

        /// <summary>Waits for all rows that are under way.</summary>
        public async Task<BulkReport> EndAsync()
        {
            while (_underWay.Count > 0)
            {
                await SettleOldestAsync();
            }

            return Report;
        }

        private async ValueTask SettleOldestAsync()
        {
            var (at, bytes, written) = _underWay.Dequeue();
            _bytes -= bytes;
            try
            {
                Report.Accept((await written).Applied);
            }
            catch (RowTooLargeException e)
            {
                Report.Reject(at, [Fault.TooLarge(e.Message)]);
            }
            catch (Exception e)
            {
                // Whatever it was, the row was not acknowledged, and the reply has to say so.
                IsAway |= e is StateUnavailableException;
                Report.Fail(at, e is StateStoreException or StoredRowFormatException ? e.Message : "The feature store failed; see its log.");
            }
        }
    }

    private OnlineWriter Writer => writer;

    private HistoryRowWriter History => history;

    private RegistryWatch Registry => registry;

    private IngestOptions Options => options;

    private TimeProvider Time => time;
}
