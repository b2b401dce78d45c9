using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads all files in order, sends their rows and tells how it went.</summary>
internal sealed class IngestRun(IngestOptions options, CliConsole console)
{
    private const int CheckedRows = 1_000;

    /// <summary>How long rows of a slow source wait for more before they are sent.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    private readonly IngestCounts _counts = new();
    private RowBatch _batch = new();
    private long _batchedBytes;

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var started = console.Time.GetTimestamp();
        await CheckAsync(stop);
        if (options.Mapping.Times.Rebases)
        {
            await RebaseAsync(stop);
        }

        using var http = ServiceClient.CreateHttp(console, Timeout.InfiniteTimeSpan);
        var sender = new BatchSender(http, options.Service, options.Patience, _counts, console.Time);
        var queue = new SendQueue(sender, _counts, stop);
        var faults = new List<Exception>();
        await using (var progress = IngestProgress.Start(_counts, TotalBytes(), console))
        {
            try
            {
                await SendAllAsync(queue, faults, stop);
            }
            catch (Exception e) when (e is CommandFailedException or UsageException or OperationCanceledException)
            {
                faults.Add(e);
            }

            await queue.DisposeAsync();
        }

        var summary = new IngestSummary(_counts, options.Files, queue.SettledThrough, console.Time.GetElapsedTime(started));
        return summary.Write(console, faults);
    }

    private long? TotalBytes() =>
        options.Files.All(file => file.LengthBytes is not null) ? options.Files.Sum(file => file.LengthBytes) : null;

    /// <summary>Finds mistakes of the command line in every file before anything is sent.</summary>
    private async Task CheckAsync(CancellationToken stop)
    {
        foreach (var file in options.Files.Where(file => file.Reopens))
        {
            await ReadAsync(file, CheckedRows, stop);
        }
    }

    private async Task RebaseAsync(CancellationToken stop)
    {
        foreach (var file in options.Files)
        {
            await file.SpoolAsync(stop);
            await ReadAsync(file, long.MaxValue, stop);
        }

        var moved = options.Mapping.Times.MoveNewestTo(console.Time.GetUtcNow());
        var direction = moved < TimeSpan.Zero ? "back" : "forward";
        console.Error.WriteLine($"Times are moved {direction} by {moved.Duration().Days} days {moved:hh\\:mm\\:ss} so that the newest is now.");
    }

    private async Task ReadAsync(InputFile file, long rows, CancellationToken stop)
    {
        await using var reader = await RowReaders.OpenAsync(file, options.Mapping, stop);
        try
        {
            while (rows-- > 0 && await reader.ReadAsync(stop) is not null)
            {
            }
        }
        catch (FileContentException)
        {
            // It is told when the file is read to be sent, after the rows before it.
        }
    }

    private async Task SendAllAsync(SendQueue queue, List<Exception> faults, CancellationToken stop)
    {
        foreach (var file in options.Files)
        {
            var before = _counts.Read;
            try
            {
                await SendAsync(file, queue, stop);
            }
            catch (FileContentException e)
            {
                faults.Add(e);
            }

            if (_counts.Read == before && faults.Count == 0)
            {
                console.Error.WriteLine($"{TerminalText.VisibleLine(file.Name)} has no rows.");
            }
        }

        await FlushAsync(queue);
        await queue.DrainAsync();
    }

    private async Task SendAsync(InputFile file, SendQueue queue, CancellationToken stop)
    {
        var reader = await RowReaders.OpenAsync(file, options.Mapping, stop).WaitAsync(stop);
        _batchedBytes = 0;
        var abandoned = false;
        try
        {
            while (true)
            {
                var next = reader.ReadAsync(stop);
                var row = next.IsCompleted ? await next : await SlowAsync(next.AsTask(), queue, () => abandoned = true, stop);
                if (row is not { } read)
                {
                    return;
                }

                await AddAsync(read, file, reader, queue);
            }
        }
        finally
        {
            if (!abandoned)
            {
                _batch.FileBytes += reader.BytesRead - _batchedBytes;
                await reader.DisposeAsync();
            }
        }
    }

    private async Task<RowResult?> SlowAsync(Task<RowResult?> next, SendQueue queue, Action abandon, CancellationToken stop)
    {
        try
        {
            try
            {
                return await next.WaitAsync(Idle, console.Time, stop);
            }
            catch (TimeoutException) when (!next.IsCompleted)
            {
                await FlushAsync(queue);
                return await next.WaitAsync(stop);
            }
        }
        catch (OperationCanceledException) when (!next.IsCompleted)
        {
            // A read from a terminal or pipe may never end; the process will.
            abandon();
            throw;
        }
    }

    private async Task AddAsync(RowResult row, InputFile file, IRowReader reader, SendQueue queue)
    {
        _counts.AddRead();
        var at = new RowLocation(file.Name, row.Line);
        if (row.Rejection is { } reason)
        {
            _counts.AddRejection(at, reason);
            return;
        }

        if (!_batch.Fits(row.Json.Length))
        {
            _batch.FileBytes += reader.BytesRead - _batchedBytes;
            _batchedBytes = reader.BytesRead;
            await FlushAsync(queue);
        }

        _batch.Add(row.Json.Span, at, row.IsStamped);
    }

    private async Task FlushAsync(SendQueue queue)
    {
        if (_batch.Count > 0)
        {
            await queue.AddAsync(_batch);
            _batch = queue.Rent();
        }
    }
}
