using FeatureStore.Cli.Service;
using FeatureStore.Model;

namespace FeatureStore.Cli.Ingest;

/// <summary>Reads all files in order, sends their rows and tells how it went.</summary>
internal sealed class IngestRun(IngestOptions options, CliConsole console)
{
    /// <summary>How long rows of a slow source wait for more before they are sent.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);

    private readonly IngestCounts _counts = new();
    private RowMapping _mapping = options.Mapping;
    private CheckpointFile? _checkpoint;
    private RowBatch _batch = new();
    private long _batchedBytes;

    /// <summary>Whether, after a run, the fate of every row is known: each went in, or was rejected for good.</summary>
    public bool IsComplete { get; private set; }

    public async Task<int> RunAsync(CancellationToken stop)
    {
        var started = console.Time.GetTimestamp();
        if (!await PrepareAsync(stop))
        {
            return ExitCode.Failure;
        }

        using var http = ServiceClient.CreateHttp(console, Timeout.InfiniteTimeSpan);
        var sender = new BatchSender(http, options.Service, options.To, options.Patience, _counts, console.Time);
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

        IsComplete = faults.Count == 0 && _counts.Failed == 0 && _counts.Settled == _counts.Read;
        EndCheckpoint(queue, faults);
        var summary = new IngestSummary(_counts, options.Files, queue.SettledThrough, console.Time.GetElapsedTime(started));
        var exit = summary.Write(console, faults);
        if (_checkpoint is not null && !IsComplete)
        {
            console.Error.WriteLine(TerminalText.VisibleLine($"Give the same command again to go on; {options.Checkpoint} says from where."));
        }

        return exit;
    }

    private long? TotalBytes() =>
        options.Files.All(file => file.LengthBytes is not null) ? options.Files.Sum(file => file.LengthBytes) : null;

    /// <summary>Does all that comes before the first row is sent.</summary>
    /// <returns>Whether to send any.</returns>
    private async Task<bool> PrepareAsync(CancellationToken stop)
    {
        _checkpoint = options.Checkpoint is { } path
            ? CheckpointFile.Open(path, options.Files, options.Identity(), console.Time)
            : null;
        var preparation = new IngestPreparation(options, console);
        _mapping = await preparation.ResolveAsync(stop) with { Stamps = _checkpoint?.Stamps ?? OneTimeStamps() };
        await preparation.CheckAsync(options.Files.Skip(_checkpoint?.Position.File ?? 0), _mapping, stop);
        if (_mapping.Times.Rebases)
        {
            if (_checkpoint?.ShiftMicroseconds is { } shift)
            {
                _mapping.Times.MoveBy(shift);
            }
            else
            {
                await preparation.RebaseAsync(_mapping, stop);
            }
        }

        if (options.Confirm is { } confirm && !confirm(await preparation.CountAsync(_mapping, stop)))
        {
            return false;
        }

        if (_checkpoint is { IsResumed: true, Position: var (file, row) })
        {
            console.Error.WriteLine(TerminalText.VisibleLine(string.Create(
                System.Globalization.CultureInfo.InvariantCulture,
                $"Going on in {options.Files[file].Name} after {row:N0} rows of it, as {options.Checkpoint} says.")));
        }

        _checkpoint?.Begin(_mapping.Times.ShiftMicroseconds);
        return true;
    }

    /// <summary>Of rows of one event time the later in the files wins by its created time, so that must not be left to their arrival.</summary>
    private RunStamps? OneTimeStamps() => options.Mapping.At is null ? null : new RunStamps(Timestamp.From(console.Time.GetUtcNow()));

    private void EndCheckpoint(SendQueue queue, List<Exception> faults)
    {
        try
        {
            if (IsComplete)
            {
                _checkpoint?.Delete();
            }
            else
            {
                _checkpoint?.Advance(queue.Acknowledged, isLast: true);
            }
        }
        catch (CommandFailedException e)
        {
            faults.Add(e);
        }
    }

    private async Task SendAllAsync(SendQueue queue, List<Exception> faults, CancellationToken stop)
    {
        var from = _checkpoint?.Position ?? default;
        for (var i = 0; i < options.Files.Count; i++)
        {
            var file = options.Files[i];
            if (i < from.File)
            {
                _counts.AddSkippedBytes(file.LengthBytes ?? 0);
                continue;
            }

            var before = _counts.Read;
            var skip = i == from.File ? from.Row : 0;
            try
            {
                await SendAsync(file, i, skip, queue, stop);
            }
            catch (FileContentException e)
            {
                faults.Add(e);
            }

            if (_counts.Read == before && skip == 0 && faults.Count == 0)
            {
                console.Error.WriteLine($"{TerminalText.VisibleLine(file.Name)} has no rows.");
            }
        }

        await FlushAsync(queue);
        await queue.DrainAsync();
    }

    private async Task SendAsync(InputFile file, int index, long skip, SendQueue queue, CancellationToken stop)
    {
        var reader = await OpenAsync(file, stop).WaitAsync(stop);
        var abandoned = false;
        try
        {
            await reader.SkipAsync(skip, stop);
            _batchedBytes = skip == 0 ? 0 : reader.BytesRead;
            _counts.AddSkippedBytes(_batchedBytes);
            var rowsBefore = _checkpoint?.RowsBefore(index) ?? _counts.Read;
            for (var row = skip; ; row++)
            {
                _mapping.Stamps?.MoveTo(rowsBefore + row);
                var next = reader.ReadAsync(stop);
                var result = next.IsCompleted ? await next : await SlowAsync(next.AsTask(), queue, () => abandoned = true, stop);
                if (result is not { } read)
                {
                    _checkpoint?.EndOfFile(index, row);
                    return;
                }

                await AddAsync(read, new RowLocation(file.Name, read.Line, new IngestPosition(index, row + 1)), reader, queue);
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

    /// <summary>Opens a file; the columns of one that could not be looked into before are checked now.</summary>
    private async Task<IRowReader> OpenAsync(InputFile file, CancellationToken stop)
    {
        var reader = await RowReaders.OpenAsync(file, _mapping, stop);
        if (!file.Reopens && _mapping.Declared is not null)
        {
            var check = new ViewCheck(file.Name, _mapping);
            check.Add(reader.Columns);
            if (check.Describe() is { } fault)
            {
                await reader.DisposeAsync();
                throw new UsageException(fault);
            }
        }

        return reader;
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

    private async Task AddAsync(RowResult row, RowLocation at, IRowReader reader, SendQueue queue)
    {
        _counts.AddRead();
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

        _counts.AddNotNumbers(row.NotNumbers);
        _batch.Add(row.Json.Span, at, row.IsStamped);
    }

    private async Task FlushAsync(SendQueue queue)
    {
        if (_batch.Count > 0)
        {
            await queue.AddAsync(_batch);
            _checkpoint?.Advance(queue.Acknowledged);
            _batch = queue.Rent();
        }
    }
}
