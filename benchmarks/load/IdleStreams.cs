using System.Diagnostics;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>Follows many entities at once, a stream each, while next to nothing changes.</summary>
internal static class IdleStreams
{
    /// <summary>How many connect at a time.</summary>
    private const int Connecting = 64;

    /// <summary>
    /// Opens a stream for each entity, leaves them be, and writes to single entities until the change has come; prints the seconds to
    /// connect, the service's processor time while idle in percent of a core, its VmRSS in KiB, and p50 and p99 in ms from a write to its event.
    /// </summary>
    /// <param name="api">feature-api.</param>
    /// <param name="ingest">feature-ingest.</param>
    /// <param name="entities">How many entities, with a stream each.</param>
    /// <param name="seconds">How long they are left be.</param>
    /// <param name="process">The process of feature-api.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(Uri api, Uri ingest, int entities, int seconds, int process, CancellationToken cancellationToken)
    {
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false, UseCookies = false, ActivityHeadersPropagator = null }) { Timeout = Timeout.InfiniteTimeSpan };
        var changed = new TaskCompletionSource<long>[entities];
        var started = Stopwatch.GetTimestamp();
        using var limit = new SemaphoreSlim(Connecting);
        var snapshots = Enumerable.Range(0, entities).Select(_ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).ToArray();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var streams = new Task[entities];
        for (var i = 0; i < entities; i++)
        {
            await limit.WaitAsync(cancellationToken);
            streams[i] = FollowAsync(http, new Uri(api, $"/features/{i.ToString("D12", CultureInfo.InvariantCulture)}?view=default"), i, snapshots, changed, ending.Token);
            _ = snapshots[i].Task.ContinueWith(_ => limit.Release(), TaskScheduler.Default);
        }

        await Task.WhenAll(snapshots.Select(snapshot => snapshot.Task));
        var connected = Stopwatch.GetElapsedTime(started);

        await Task.Delay(TimeSpan.FromSeconds(5), cancellationToken);
        using var service = Process.GetProcessById(process);
        var before = service.TotalProcessorTime;
        await Task.Delay(TimeSpan.FromSeconds(seconds), cancellationToken);
        service.Refresh();
        var idle = (service.TotalProcessorTime - before).TotalSeconds / seconds;
        var resident = service.WorkingSet64 / 1024;

        var random = new Random(1);
        var times = new List<double>();
        for (var i = 0; i < 500; i++)
        {
            var entity = random.Next(entities);
            changed[entity] = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
            var sent = Stopwatch.GetTimestamp();
            using var row = new StringContent($$"""{"feature_00":{{i}}}""", Encoding.UTF8, "application/json");
            using var written = await http.PatchAsync(
                new Uri(ingest, $"/features/{entity.ToString("D12", CultureInfo.InvariantCulture)}?view=default"), row, cancellationToken);
            if (!written.IsSuccessStatusCode)
            {
                throw new LoadFailedException($"A write was answered {(int)written.StatusCode}.");
            }

            times.Add(Stopwatch.GetElapsedTime(sent, await changed[entity].Task.WaitAsync(TimeSpan.FromSeconds(30), cancellationToken)).TotalMilliseconds);
        }

        times.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{connected.TotalSeconds:F1} {idle * 100:F1} {resident} {times[times.Count / 2]:F1} {times[(int)(times.Count * 0.99)]:F1}"));
        await ending.CancelAsync();
        await Task.WhenAll(streams);
    }

    private static async Task FollowAsync(
        HttpClient http, Uri url, int at, TaskCompletionSource[] snapshots, TaskCompletionSource<long>[] changed, CancellationToken ending)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, url) { Headers = { { "Accept", "text/event-stream" } } };
            using var reply = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, ending);
            if (!reply.IsSuccessStatusCode)
            {
                throw new LoadFailedException($"{url} answered {(int)reply.StatusCode}.");
            }

            await using var body = await reply.Content.ReadAsStreamAsync(ending);
            await foreach (var item in SseParser.Create(body, static (_, data) => data.Length).EnumerateAsync(ending))
            {
                switch (item.EventType)
                {
                    case "snapshot":
                        snapshots[at].TrySetResult();
                        break;
                    case "change":
                        changed[at]?.TrySetResult(Stopwatch.GetTimestamp());
                        break;
                    case "ended":
                        throw new LoadFailedException($"A stream was ended after {url}.");
                    default:
                        break;
                }
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The end.
        }
        catch (Exception e) when (e is LoadFailedException or HttpRequestException or IOException)
        {
            snapshots[at].TrySetException(e);
            changed[at]?.TrySetException(e);
        }
    }
}
