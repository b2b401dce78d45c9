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
/// What the sidecar takes at most: the very documents that feature-ingest would store, saved without reading, comparing or
/// merging, with as many batches under way as feature-ingest has.
/// </summary>
internal static class BlindSave
{
    private static readonly SidecarOptions Defaults = new();

    /// <summary>Saves a file's rows, encoded beforehand; prints rows/s.</summary>
    public static async Task RunAsync(Uri endpoint, string file, long rows, CancellationToken cancellationToken)
    {
        var encoder = new Encoder(new RowContext(Latest: Now()));
        var batches = File.ReadLines(file).Take((int)rows).Select(encoder.Encode).Chunk(Defaults.MaxBatchKeys).Select(Request).ToArray();
        var seconds = await SaveAsync(endpoint, batches, batch => batch, cancellationToken);
        Console.WriteLine((rows / seconds).ToString("F0", CultureInfo.InvariantCulture));
    }

    /// <summary>Saves rows as they are made, however many; prints rows/s, and the mean length of a document.</summary>
    /// <param name="endpoint">The sidecar.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="view">The view to which they belong.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static async Task FillAsync(Uri endpoint, RowGenerator rows, string view, CancellationToken cancellationToken)
    {
        var bytes = 0L;
        var seconds = await SaveAsync(
            endpoint,
            Lines(rows).Chunk(Defaults.MaxBatchKeys),
            lines =>
            {
                var encoder = new Encoder(new RowContext(View: view, Latest: Now()));
                var items = Array.ConvertAll(lines, encoder.Encode);
                Interlocked.Add(ref bytes, items.Sum(item => (long)item.Value.Length));
                return Request(items);
            },
            cancellationToken);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows.Rows / seconds:F0} {(double)bytes / rows.Rows:F1}"));
    }

    private static IEnumerable<string> Lines(RowGenerator rows)
    {
        for (var i = 0L; i < rows.Rows; i++)
        {
            yield return rows.Line(i);
        }
    }

    /// <summary>Saves batches.</summary>
    /// <returns>The seconds that it took.</returns>
    private static async Task<double> SaveAsync<T>(Uri endpoint, IEnumerable<T> batches, Func<T, SaveStateRequest> request, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions { MaxSendMessageSize = null });
        var client = new global::Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient(channel);
        await client.GetMetadataAsync(new GetMetadataRequest(), cancellationToken: cancellationToken);

        var started = Stopwatch.GetTimestamp();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Defaults.ConcurrentWrites, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(batches, parallel, async (batch, cancel) =>
            await client.SaveStateAsync(request(batch), cancellationToken: cancel));
        return Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static SaveStateRequest Request(global::Dapr.Client.Autogen.Grpc.v1.StateItem[] items)
    {
        var request = new SaveStateRequest { StoreName = Defaults.StateStore };
        request.States.AddRange(items);
        return request;
    }

    private static Timestamp Now() => Timestamp.From(TimeProvider.System.GetUtcNow());

    /// <summary>Makes of rows what is stored.</summary>
    private sealed class Encoder(RowContext context)
    {
        private readonly Timestamp _now = Now();
        private readonly Lateness _lateness = new();

        public global::Dapr.Client.Autogen.Grpc.v1.StateItem Encode(string line)
        {
            var faults = new List<Fault>();
            var row = RowReader.Read(Encoding.UTF8.GetBytes(line), context, faults)
                ?? throw new LoadFailedException($"A row has faults: {faults[0]}");
            var stored = StoredRow.Of(row, row.FixStamp(_now, newest: null), _now, _lateness);
            return new global::Dapr.Client.Autogen.Grpc.v1.StateItem
            {
                Key = row.StateKey,
                Value = UnsafeByteOperations.UnsafeWrap(StoredRowCodec.Encode(stored, _now, keptUntil: Timestamp.Never)),
            };
        }
    }
}
