using System.Diagnostics;
using System.Globalization;
using System.Text;
using Dapr.Client.Autogen.Grpc.v1;
using FeatureStore.Dapr;
using FeatureStore.Model;
using Google.Protobuf;
using Grpc.Net.Client;

namespace FeatureStore.LoadBaselines;

/// <summary>
/// What the sidecar takes at most: the very documents that feature-ingest would store for a file's rows, encoded
/// beforehand, saved without reading, comparing or merging, with as many batches under way as feature-ingest has.
/// </summary>
internal static class BlindSave
{
    private static readonly SidecarOptions Defaults = new();

    public static async Task RunAsync(Uri endpoint, string file, long rows, CancellationToken cancellationToken)
    {
        var batches = Encode(file, rows).Chunk(Defaults.MaxBatchKeys).Select(Request).ToArray();
        using var channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions { MaxSendMessageSize = null });
        var client = new global::Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient(channel);
        await client.GetMetadataAsync(new GetMetadataRequest(), cancellationToken: cancellationToken);

        var started = Stopwatch.GetTimestamp();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Defaults.ConcurrentWrites, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(batches, parallel, async (batch, cancel) =>
            await client.SaveStateAsync(batch, cancellationToken: cancel));
        Console.WriteLine((rows / Stopwatch.GetElapsedTime(started).TotalSeconds).ToString("F0", CultureInfo.InvariantCulture));
    }

    private static IEnumerable<(string Key, byte[] Document)> Encode(string file, long rows)
    {
        var now = Timestamp.From(TimeProvider.System.GetUtcNow());
        var lateness = new Lateness();
        var faults = new List<Fault>();
        foreach (var line in File.ReadLines(file).Take((int)rows))
        {
            var row = RowReader.Read(Encoding.UTF8.GetBytes(line), new RowContext(Latest: now), faults)
                ?? throw new LoadFailedException($"{file} holds a row with faults: {faults[0]}");
            var stored = StoredRow.Of(row, row.FixStamp(now, newest: null), now, lateness);
            yield return (row.StateKey, StoredRowCodec.Encode(stored, now, keptUntil: Timestamp.Never));
        }
    }

    private static SaveStateRequest Request((string Key, byte[] Document)[] documents)
    {
        var request = new SaveStateRequest { StoreName = Defaults.StateStore };
        foreach (var (key, document) in documents)
        {
            request.States.Add(new global::Dapr.Client.Autogen.Grpc.v1.StateItem
            {
                Key = key,
                Value = UnsafeByteOperations.UnsafeWrap(document),
            });
        }

        return request;
    }
}
