namespace FeatureStore.Cli.Ingest;

/// <summary>Keeps a few requests in flight; requests whose order matters go one after another.</summary>
internal sealed class SendQueue : IAsyncDisposable
{
    private const int MaxInFlight = 3;
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private readonly BatchSender _sender;
    private readonly IngestCounts _counts;
    private readonly CancellationTokenSource _stop;
    private readonly CancellationTokenSource _abort = new();
    private readonly CancellationTokenRegistration _stopping;
    private readonly LinkedList<Sending> _unsettled = [];
    private readonly Stack<RowBatch> _free = [];
    private bool _hasGivenUp;

    public SendQueue(BatchSender sender, IngestCounts counts, CancellationToken stop)
    {
        _sender = sender;
        _counts = counts;
        _stop = CancellationTokenSource.CreateLinkedTokenSource(stop);

        // A request under way may still be answered: a little time for that, then its rows are left unsettled.
        _stopping = _stop.Token.Register(() => _abort.CancelAfter(Grace));
    }

    /// <summary>The last row up to which, in the order of the files, every row's fate is known.</summary>
    public RowLocation? SettledThrough { get; private set; }

    /// <summary>The place up to which, in the order of the files, no row has to be sent again.</summary>
    public IngestPosition? Acknowledged { get; private set; }

    /// <summary>An empty batch.</summary>
    public RowBatch Rent() => _free.TryPop(out var batch) ? batch : new RowBatch();

    /// <summary>Takes a batch once there is room for it.</summary>
    public async Task AddAsync(RowBatch batch)
    {
        if (batch.HasUnstampedRows)
        {
            await DrainAsync();
        }

        while (InFlight().Count >= MaxInFlight)
        {
            await SettleOneAsync();
        }

        _unsettled.AddLast(new Sending(batch, _sender.SendAsync(batch, _stop.Token, _abort.Token)));
        if (batch.HasUnstampedRows)
        {
            await DrainAsync();
        }
    }

    /// <summary>Waits for all requests in flight.</summary>
    public async Task DrainAsync()
    {
        while (_unsettled.Count > 0)
        {
            await SettleOneAsync();
        }
    }

    /// <summary>Ends the pauses of waiting requests and gives those under way a little time for their answer.</summary>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        foreach (var sending in _unsettled)
        {
            await ((Task)sending.Sent).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        TakeSettled();
        await _stopping.DisposeAsync();
        _stop.Dispose();
        _abort.Dispose();
    }

    private List<Task<SendOutcome>> InFlight() => [.. _unsettled.Where(x => x.Batch is not null).Select(x => x.Sent)];

    private async Task SettleOneAsync()
    {
        if (InFlight() is { Count: > 0 } inFlight && await await Task.WhenAny(inFlight) == SendOutcome.Unknown)
        {
            throw new OperationCanceledException(_stop.Token);
        }

        TakeSettled();
    }

    private void TakeSettled()
    {
        foreach (var sending in _unsettled)
        {
            if (sending is { Batch: { } batch, Sent: { IsCompletedSuccessfully: true, Result: not SendOutcome.Unknown } })
            {
                _counts.AddDoneBytes(batch.FileBytes);
                batch.Clear();
                _free.Push(batch);
                sending.Batch = null;
            }
        }

        // Requests end in any order; what is told to the user is the unbroken beginning.
        while (_unsettled.First?.Value is { Batch: null } first)
        {
            SettledThrough = first.Last;
            _hasGivenUp |= first.Sent.Result == SendOutcome.GivenUp;
            Acknowledged = _hasGivenUp ? Acknowledged : first.Last.After;
            _unsettled.RemoveFirst();
        }
    }

    private sealed class Sending(RowBatch batch, Task<SendOutcome> sent)
    {
        /// <summary>The batch; null once its fate is known and it is free to be filled again.</summary>
        public RowBatch? Batch { get; set; } = batch;

        public Task<SendOutcome> Sent { get; } = sent;

        public RowLocation Last { get; } = batch.Locations[^1];
    }
}
