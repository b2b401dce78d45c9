using FeatureStore.Model;

namespace FeatureStore.Dapr;

/// <summary>Writes rows to history alone: what is loaded for training sets and is not to be served.</summary>
/// <remarks>While one publication is under way rows gather for the next, so that many go in one.</remarks>
public sealed class HistoryRowWriter(HistoryLog history, SidecarOptions options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly Queue<Pending> _waiting = new();
    private bool _isAtWork;

    /// <summary>Writes one row. The task ends when it is on its way to history and cannot be lost.</summary>
    /// <exception cref="UnloggedRowException">It is not known to be; writing it again is harmless.</exception>
    public Task<WriteOutcome> WriteAsync(IncomingRow row)
    {
        var now = Timestamp.From(time.GetUtcNow());
        var pending = new Pending(AcceptedRow.Of(row, row.FixStamp(now, null), now));
        bool start;
        lock (_gate)
        {
            _waiting.Enqueue(pending);
            start = !_isAtWork;
            _isAtWork = true;
        }

        if (start)
        {
            _ = Task.Run(WorkAsync);
        }

        return pending.Task;
    }

    private async Task WorkAsync()
    {
        while (Take() is { } rows)
        {
            try
            {
                await history.LogAsync(rows.ConvertAll(row => row.Row));
                rows.ForEach(row => row.TrySetResult(new WriteOutcome(true, row.Row.Stamp)));
            }
            catch (PublishException e)
            {
                rows.ForEach(row => row.TrySetException(new UnloggedRowException(row.Row.StateKey, e)));
            }
            catch (Exception e)
            {
                // Whatever it was, whoever waits is told.
                rows.ForEach(row => row.TrySetException(e));
            }
        }
    }

    private List<Pending>? Take()
    {
        lock (_gate)
        {
            var (rows, bytes) = (new List<Pending>(), 0);
            while (bytes < options.MaxMessageBytes / 2 && _waiting.TryDequeue(out var row))
            {
                bytes += HistoryEvent.SizeOf(row.Row);
                rows.Add(row);
            }

            if (rows.Count > 0)
            {
                return rows;
            }

            _isAtWork = false;
            return null;
        }
    }

    private sealed class Pending(AcceptedRow row) : TaskCompletionSource<WriteOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public AcceptedRow Row { get; } = row;
    }
}
