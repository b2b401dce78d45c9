using System.Buffers;
using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Dapr.Client.Autogen.Grpc.v1;
using FeatureStore.Model;
using Grpc.Core;

namespace FeatureStore.Dapr;

/// <summary>Tells history of every row that is accepted, before anything of it is saved.</summary>
/// <remarks>
/// It does where the sidecar has a pub/sub component of the name <see cref="SidecarOptions.History"/>: whoever keeps no history leaves
/// the component out, and no stream grows that nobody reads.
/// </remarks>
public sealed class HistoryLog(EventPublisher events, SidecarConnection connection, TimeProvider time)
{
    /// <summary>The topic of accepted rows.</summary>
    public const string Topic = "feature-history";

    /// <summary>How long what the sidecar said counts, where it had no component.</summary>
    private static readonly TimeSpan AbsentFor = TimeSpan.FromSeconds(5);

    private readonly SidecarOptions _options = connection.Options;
    /// <summary>Large enough that most events fit; a new one for each would be a large object, which the collector does not like.</summary>
    private const int LeastBufferBytes = 256 * 1024;

    private readonly ConcurrentBag<ArrayBufferWriter<byte>> _buffers = [];
    private Answer? _known;

    /// <summary>Whether history is kept.</summary>
    /// <exception cref="PublishException">The sidecar does not say.</exception>
    public ValueTask<bool> IsKeptAsync() =>
        _known is { } known && (known.IsKept || time.GetElapsedTime(known.At) < AbsentFor) ? ValueTask.FromResult(known.IsKept) : new(AskAsync());

    /// <summary>Publishes rows, in as many events as their size takes.</summary>
    /// <exception cref="PublishException">Not all of it was accepted. The rows may be logged again.</exception>
    public async Task LogAsync(IReadOnlyList<AcceptedRow> rows)
    {
        for (var next = 0; next < rows.Count;)
        {
            var chunk = new List<AcceptedRow>();
            var bytes = 0;
            do
            {
                bytes += HistoryEvent.SizeOf(rows[next]);
                chunk.Add(rows[next++]);
            }
            while (next < rows.Count && bytes + HistoryEvent.SizeOf(rows[next]) <= _options.MaxMessageBytes / 2);

            var buffer = _buffers.TryTake(out var free) ? free : new ArrayBufferWriter<byte>(LeastBufferBytes);
            try
            {
                HistoryEvent.Write(CollectionsMarshal.AsSpan(chunk), buffer);
                await events.PublishRawAsync(_options.History, Topic, buffer.WrittenMemory, CancellationToken.None);
            }
            catch (PublishException)
            {
                // Whether the component is still there is looked at anew.
                _known = null;
                throw;
            }

            // A call that failed may be at it still, so that only what was sent is used again.
            buffer.ResetWrittenCount();
            _buffers.Add(buffer);
        }
    }

    private async Task<bool> AskAsync()
    {
        try
        {
            var metadata = await connection.Grpc.GetMetadataAsync(
                new GetMetadataRequest(), connection.Headers, (time.GetUtcNow() + _options.PublishTimeout).UtcDateTime);
            var isKept = metadata.RegisteredComponents.Any(
                component => component.Name == _options.History && component.Type.StartsWith("pubsub.", StringComparison.Ordinal));
            _known = new Answer(isKept, time.GetTimestamp());
            return isKept;
        }
        catch (RpcException e)
        {
            throw new PublishException($"The sidecar does not say whether history is kept: {e.Status.Detail}", e);
        }
    }

    private sealed record Answer(bool IsKept, long At);
}
