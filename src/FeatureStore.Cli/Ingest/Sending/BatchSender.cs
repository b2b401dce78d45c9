using System.Net;
using System.Net.Http.Headers;
using FeatureStore.Cli.Service;

namespace FeatureStore.Cli.Ingest;

/// <summary>Sends one request and stays with it until each of its rows went in, was rejected, or is given up.</summary>
internal sealed class BatchSender(HttpClient http, ServiceEndpoint service, string? to, TimeSpan patience, IngestCounts counts, TimeProvider time)
{
    private static readonly MediaTypeHeaderValue Ndjson = new("application/x-ndjson");

    /// <summary>How long one request may take before its answer counts as lost.</summary>
    private static readonly TimeSpan RequestTimeout = TimeSpan.FromSeconds(60);

    private readonly Uri _target = service.Path(to is null ? "/features" : $"/features?to={to}");
    private long _lastProgress = time.GetTimestamp();

    /// <summary>Sends a batch.</summary>
    /// <param name="batch">The rows.</param>
    /// <param name="stop">Ends pauses between tries: what is not in by then is left.</param>
    /// <param name="abort">Ends a request under way.</param>
    /// <returns>What became of its rows.</returns>
    /// <exception cref="CommandFailedException">The service is away for too long, or refuses the request as such.</exception>
    public async Task<SendOutcome> SendAsync(RowBatch batch, CancellationToken stop, CancellationToken abort)
    {
        var pauses = new RetryPauses(patience, time);
        var rest = batch;
        try
        {
            while (true)
            {
                var (answer, cause, retryAfter) = await PostAsync(rest, abort);
                if (answer is not null)
                {
                    cause ??= answer.Detail ?? $"{answer.Failed} rows failed";
                    if (answer.FailedRanges(rest.Count) is { } failed)
                    {
                        counts.Add(answer, rest);
                        if (failed.Count == 0)
                        {
                            counts.WaitsNoMore(batch, answered: true);
                            return SendOutcome.Settled;
                        }

                        if (answer.Failed < rest.Count)
                        {
                            pauses.Progress();
                            Volatile.Write(ref _lastProgress, time.GetTimestamp());
                        }

                        rest = RowBatch.Of(rest, failed);
                    }

                    // Else it does not say which rows failed: all are sent again, and counted then.
                }

                counts.Waits(batch, $"waiting for {service.Name} at {service.Address}: {TerminalText.VisibleLine(cause!)}");
                if (!await pauses.PauseAsync(retryAfter, stop))
                {
                    counts.AddFailed(rest);
                    return OthersGetThrough() ? SendOutcome.GivenUp : throw GivenUp(cause!);
                }
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return SendOutcome.Unknown;
        }
        finally
        {
            counts.WaitsNoMore(batch, answered: false);
        }
    }

    private async Task<(IngestReply? Answer, string? Cause, TimeSpan? RetryAfter)> PostAsync(RowBatch batch, CancellationToken abort)
    {
        using var timeout = new CancellationTokenSource(RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, timeout.Token);
        using var request = new HttpRequestMessage(HttpMethod.Post, _target);
        request.Content = new ReadOnlyMemoryContent(batch.Body) { Headers = { ContentType = Ndjson } };
        try
        {
            using var response = await http.SendAsync(request, either.Token);
            var body = await response.Content.ReadAsByteArrayAsync(either.Token);
            var retryAfter = response.Headers.RetryAfter is { } after
                ? after.Delta ?? (after.Date - time.GetUtcNow())
                : null;
            if (IngestReply.TryRead(body) is { } reply)
            {
                return (reply, response.IsSuccessStatusCode ? null : reply.Detail ?? reply.Title, retryAfter);
            }

            if (response.StatusCode is HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests || (int)response.StatusCode >= 500)
            {
                return (null, $"it answers {(int)response.StatusCode}", retryAfter);
            }

            throw new CommandFailedException(
                Problem.Describe(service, response.StatusCode, response.Content.Headers, body));
        }
        catch (HttpRequestException e)
        {
            return (null, ServiceEndpoint.Cause(e), null);
        }
        catch (IOException e)
        {
            return (null, ServiceEndpoint.Cause(e), null);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            return (null, $"no answer within {RequestTimeout.TotalSeconds} s", null);
        }
    }

    private bool OthersGetThrough() => time.GetElapsedTime(Volatile.Read(ref _lastProgress)) < patience;

    private CommandFailedException GivenUp(string cause) =>
        new(service.GivenUp(patience, cause) + " Rows that went in already may be sent again.");
}
