using System.Buffers;
using System.Runtime.ExceptionServices;
using System.Text.Json;

namespace FeatureStore.Client;

/// <summary>Takes rows from a stream as fast as their requests are answered.</summary>
internal sealed class RowStream(BatchSender sender, StreamReport report, WriteManyOptions options, JsonSerializerOptions json, StampClock clock, TimeProvider time)
{
    private readonly List<Task> _underWay = [];
    private readonly ArrayBufferWriter<byte> _line = new(512);

    public async Task<WriteManyResult> RunAsync(IAsyncEnumerable<FeatureRow> rows, CancellationToken cancellationToken)
    {
        // A batch that is given up wakes a stream that waits for its next row.
        using var givenUp = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await PumpAsync(rows, givenUp, cancellationToken).ConfigureAwait(false);
            await Task.WhenAll(_underWay).ConfigureAwait(false);
            return report.Result();
        }
        catch (Exception e)
        {
            // What is under way is still answered, so that the counts are right; or cancelled, if the caller cancelled.
            var all = Task.WhenAll(_underWay);
            await ((Task)all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            cancellationToken.ThrowIfCancellationRequested();
            var cause = all.Exception?.InnerExceptions[0] ?? e;
            if (cause is FeatureStoreException)
            {
                throw new WriteManyException(report.Result(), cause);
            }

            ExceptionDispatchInfo.Throw(cause);
            throw;
        }
    }

    private async Task PumpAsync(IAsyncEnumerable<FeatureRow> rows, CancellationTokenSource givenUp, CancellationToken cancellationToken)
    {
        var source = rows.GetAsyncEnumerator(givenUp.Token);
        await using (source.ConfigureAwait(false))
        {
            Task<bool>? next = null;
            try
            {
                var batch = new RowBatch();
                var first = time.GetTimestamp();
                using var writer = new Utf8JsonWriter(_line, FeatureJson.Writer);
                for (var index = 0L; ; index++)
                {
                    next = source.MoveNextAsync().AsTask();
                    if (batch.Count > 0 && !next.IsCompleted && !await ComesAsync(next, options.MaxWait - time.GetElapsedTime(first)).ConfigureAwait(false))
                    {
                        await SendAsync(batch, givenUp, cancellationToken).ConfigureAwait(false);
                        batch = new RowBatch();
                    }

                    if (!await next.ConfigureAwait(false))
                    {
                        break;
                    }

                    Write(writer, source.Current, index);
                    if (!batch.HasRoom(_line.WrittenCount, options))
                    {
                        await SendAsync(batch, givenUp, cancellationToken).ConfigureAwait(false);
                        batch = new RowBatch();
                    }

                    first = batch.Count == 0 ? time.GetTimestamp() : first;
                    batch.Add(_line.WrittenSpan, index, source.Current);
                }

                if (batch.Count > 0)
                {
                    await SendAsync(batch, givenUp, cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                if (next is { IsCompleted: false })
                {
                    // A stream must not be ended while it is asked for its next row.
                    await givenUp.CancelAsync().ConfigureAwait(false);
                    await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                }
            }
        }
    }

    private void Write(Utf8JsonWriter writer, FeatureRow row, long index)
    {
        _line.ResetWrittenCount();
        writer.Reset();
        try
        {
            row.WriteTo(writer, json, clock);
            writer.Flush();
        }
        catch (Exception e) when (e is ArgumentException or JsonException)
        {
            throw new FeatureMappingException($"Row {index} ({row.Id}) cannot be written as JSON. {e.Message}", [], e);
        }
    }

    private async Task<bool> ComesAsync(Task next, TimeSpan within)
    {
        if (within <= TimeSpan.Zero)
        {
            return false;
        }

        using var enough = new CancellationTokenSource();
        var first = await Task.WhenAny(next, Task.Delay(within, time, enough.Token)).ConfigureAwait(false);
        await enough.CancelAsync().ConfigureAwait(false);
        return first == next;
    }

    /// <summary>Sends a batch once there is room for it.</summary>
    private async Task SendAsync(RowBatch batch, CancellationTokenSource givenUp, CancellationToken cancellationToken)
    {
        while (_underWay.Count >= options.MaxConcurrentBatches)
        {
            var answered = await Task.WhenAny(_underWay).ConfigureAwait(false);
            _underWay.Remove(answered);
            await answered.ConfigureAwait(false);
        }

        givenUp.Token.ThrowIfCancellationRequested();
        _underWay.Add(SendOrGiveUpAsync(batch, givenUp, cancellationToken));
    }

    private async Task SendOrGiveUpAsync(RowBatch batch, CancellationTokenSource givenUp, CancellationToken cancellationToken)
    {
        try
        {
            await sender.SendAsync(batch, cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            await givenUp.CancelAsync().ConfigureAwait(false);
            throw;
        }
    }
}
