namespace FeatureStore.Client;

/// <summary>Sends a batch and stays with it until each of its rows went in, was rejected, or is given up.</summary>
internal sealed class BatchSender(StoreConnection connection, Retries retries, StreamReport report, WriteManyOptions options)
{
    public async Task SendAsync(RowBatch batch, CancellationToken cancellationToken)
    {
        var rest = batch;
        var unnamed = new List<Unnamed>();
        await retries.RunAsync(
            Request(batch),
            async attempt =>
            {
                var (reply, answer) = await PostAsync(rest, attempt).ConfigureAwait(false);
                report.Count(answer);
                if (Name(new Unnamed(rest, answer.Rejected), answer) is { } more)
                {
                    unnamed.Add(more);
                }

                rest = rest.Only(answer.FailedRanges);
                return rest.Count == 0 ? true : throw Failure(reply, rest);
            },
            cancellationToken).ConfigureAwait(false);

        foreach (var some in unnamed)
        {
            await NameAsync(some, cancellationToken).ConfigureAwait(false);
        }

        report.Settle(batch[0].Index, batch.Count);
    }

    private StoreRequest Request(RowBatch rows) => new(StoreService.Ingest, HttpMethod.Post, "/features")
    {
        Body = rows.Body,
        ContentType = StoreRequest.Ndjson,
        AttemptTimeout = options.AttemptTimeout,
    };

    private async Task<(StoreReply Reply, BatchReply Answer)> PostAsync(RowBatch rows, CancellationToken cancellationToken)
    {
        var reply = await connection.ExchangeAsync(Request(rows), cancellationToken).ConfigureAwait(false);
        return BatchReply.TryRead(reply.Body, rows.Count) is { } answer ? (reply, answer) : throw Failure(reply, rows);
    }

    private static FeatureStoreException Failure(StoreReply reply, RowBatch rows) => reply.Problem is { } problem
        ? reply.Failure(problem)
        : new FeatureStoreUnavailableException($"feature-ingest did not say what became of {rows.Count} rows.", mayHaveBeenProcessed: true);

    /// <summary>
    /// Has the rejected rows named that a reply only counted: it names the first faults. What comes after them is sent once more,
    /// which changes nothing, since every row has its stamp.
    /// </summary>
    private async Task NameAsync(Unnamed rows, CancellationToken cancellationToken)
    {
        for (Unnamed? more = rows; more is not null && report.WantsRejections;)
        {
            var asked = more;
            var (_, answer) = await retries.RunAsync(
                Request(asked.Rows), attempt => PostAsync(asked.Rows, attempt), cancellationToken).ConfigureAwait(false);
            more = Name(asked, answer);
        }
    }

    /// <summary>Reports the rejected rows that an answer names.</summary>
    /// <returns>The rows among which there are more of them, if there are.</returns>
    private Unnamed? Name(Unnamed rows, BatchReply answer)
    {
        // The faults of the last row that is named may have been cut off; it is named with what comes after it.
        var isCut = answer.Faults.Count < rows.Rejected;
        var whole = isCut && answer.Faults.Count > 1 ? answer.Faults.SkipLast(1).ToList() : answer.Faults;
        foreach (var faults in whole)
        {
            var line = rows.Rows[faults.Key];
            report.Name(new RejectedRow(line.Index, line.Row, [.. faults.Select(fault => fault with { Index = line.Index })]));
        }

        if (!isCut || whole.Count == 0 || whole[^1].Key == rows.Rows.Count - 1)
        {
            return null;
        }

        return new Unnamed(rows.Rows.Only([(whole[^1].Key + 1, rows.Rows.Count - 1)]), rows.Rejected - whole.Count);
    }

    /// <summary>Rows some of which were rejected, nobody yet knows which.</summary>
    private sealed record Unnamed(RowBatch Rows, long Rejected);
}
