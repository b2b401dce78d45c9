using System.Diagnostics;
using System.Globalization;
using Dapr.Client.Autogen.Grpc.v1;
using FeatureStore.Dapr;
using Grpc.Net.Client;

namespace FeatureStore.LoadBaselines;

/// <summary>What the sidecar gives at most: bulk reads of random entities' rows, which are not looked at.</summary>
internal static class BulkRead
{
    private static readonly SidecarOptions Defaults = new();

    /// <summary>Reads for a while; prints calls/s, and p50, p99 and p99.9 in ms.</summary>
    public static async Task RunAsync(Uri endpoint, int entities, int keys, int concurrency, int seconds, CancellationToken cancellationToken)
    {
        using var channel = GrpcChannel.ForAddress(endpoint, new GrpcChannelOptions { MaxReceiveMessageSize = null });
        var client = new global::Dapr.Client.Autogen.Grpc.v1.Dapr.DaprClient(channel);
        var started = Stopwatch.GetTimestamp();
        var measured = await Task.WhenAll(Enumerable.Range(0, concurrency).Select(seed => Task.Run(
            async () =>
            {
                var random = new Random(seed);
                var times = new List<double>();
                while (Stopwatch.GetElapsedTime(started).TotalSeconds < seconds)
                {
                    var request = new GetBulkStateRequest { StoreName = Defaults.StateStore };
                    for (var i = 0; i < keys; i++)
                    {
                        request.Keys.Add("default/" + RowGenerator.Id(random.Next(entities)));
                    }

                    var sent = Stopwatch.GetTimestamp();
                    var reply = await client.GetBulkStateAsync(request, cancellationToken: cancellationToken);
                    if (reply.Items.Any(item => item.Data.IsEmpty))
                    {
                        throw new LoadFailedException("A row is missing.");
                    }

                    times.Add(Stopwatch.GetElapsedTime(sent).TotalMilliseconds);
                }

                return times;
            },
            cancellationToken)));
        var all = measured.SelectMany(times => times).Order().ToList();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"figures {all.Count / Stopwatch.GetElapsedTime(started).TotalSeconds:F1} {all[all.Count / 2]:F3} {all[all.Count * 99 / 100]:F3} {all[all.Count * 999 / 1000]:F3} 0"));
    }
}
