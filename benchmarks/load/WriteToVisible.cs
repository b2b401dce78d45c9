using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace FeatureStore.LoadBaselines;

/// <summary>
/// How long it takes until what was written is served from memory by every replica: while rows are updated at an even rate, one of
/// each request is asked for on all of them until its new value shows.
/// </summary>
internal sealed class WriteToVisible(HttpClient client, Uri ingest, Uri[] replicas, RandomUpdates updates, int rows, int entities)
{
    /// <summary>As many as are looked for in the longest time that one is.</summary>
    private const int SampledEntities = 200;

    /// <summary>Samples that may be looked for at once, so that looking does not hold up what it looks for.</summary>
    private const int MostSamples = 3;

    private static readonly TimeSpan FirstIsFree = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookInterval = TimeSpan.FromMilliseconds(2);

    private readonly Durations _acknowledged = new();
    private readonly Durations _visibleAfterSending = new();
    private readonly Durations _visibleAfterAcknowledgement = new();
    private readonly StringBuilder _lines = new();
    private int _underWay;
    private long _last;

    /// <summary>
    /// Prints how many samples there were, and p50 and p99 in ms from acknowledgement to visible on every replica, from sending to
    /// the same, and from sending to acknowledgement; then rows/s.
    /// </summary>
    /// <param name="ingest">Where rows are posted.</param>
    /// <param name="replicas">Each feature-api.</param>
    /// <param name="entities">How many entities there are; those that are looked for come on top.</param>
    /// <param name="features">The features of each row.</param>
    /// <param name="rate">Rows a second.</param>
    /// <param name="seconds">For how long.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public static async Task RunAsync(Uri ingest, Uri[] replicas, int entities, int features, int rate, int seconds, CancellationToken cancellationToken)
    {
        using var client = new HttpClient();
        var rows = rate / RowUpdates.RequestsPerSecond;
        var run = new WriteToVisible(client, ingest, replicas, new RandomUpdates(entities, features), rows, entities);
        await run.FillAsync(cancellationToken);
        await EvenRate.RunAsync(RowUpdates.RequestsPerSecond, FirstIsFree, () => run.UpdateAsync(cancellationToken), cancellationToken);
        run._acknowledged.Take();
        run._visibleAfterSending.Take();
        run._visibleAfterAcknowledgement.Take();
        var requests = await EvenRate.RunAsync(
            RowUpdates.RequestsPerSecond, TimeSpan.FromSeconds(seconds), () => run.UpdateAsync(cancellationToken), cancellationToken);
        var visible = run._visibleAfterAcknowledgement.Take();
        if (visible.Count == 0)
        {
            throw new LoadFailedException("No row was looked for.");
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{visible.Count} {Durations.Percentiles(visible, 500, 990)} {Durations.Percentiles(run._visibleAfterSending.Take(), 500, 990)} "
            + $"{Durations.Percentiles(run._acknowledged.Take(), 500, 990)} {requests * rows:F0}"));
    }

    /// <summary>Writes the rows that are looked for and reads them everywhere, so that they are in memory.</summary>
    private async Task FillAsync(CancellationToken cancellationToken)
    {
        for (var i = 0; i < SampledEntities; i++)
        {
            updates.Append(_lines, entities + i, value: 0);
        }

        await NdjsonPost.SendUntilTakenAsync(client, ingest, Taken(), cancellationToken);
        for (var i = 0; i < SampledEntities; i++)
        {
            foreach (var replica in replicas)
            {
                await LookAsync(Address(replica, entities + i), RandomUpdates.Mark(0), cancellationToken);
            }
        }
    }

    private async Task UpdateAsync(CancellationToken cancellationToken)
    {
        if (_underWay >= MostSamples)
        {
            updates.Append(_lines, rows);
            await NdjsonPost.SendUntilTakenAsync(client, ingest, Taken(), cancellationToken);
            return;
        }

        Interlocked.Increment(ref _underWay);
        var value = ++_last;
        var entity = entities + (value % SampledEntities);
        // In the middle of the others: neither the first nor the last to be taken.
        updates.Append(_lines, rows / 2);
        updates.Append(_lines, entity, value);
        updates.Append(_lines, rows - (rows / 2) - 1);
        var body = Taken();
        var sent = Stopwatch.GetTimestamp();
        var looks = Array.ConvertAll(replicas, replica => LookAsync(Address(replica, entity), RandomUpdates.Mark(value), cancellationToken));
        await NdjsonPost.SendUntilTakenAsync(client, ingest, body, cancellationToken);
        var acknowledged = Stopwatch.GetTimestamp();
        await Task.WhenAll(looks);
        var seen = looks.Max(look => look.Result);
        _acknowledged.Add(Stopwatch.GetElapsedTime(sent, acknowledged));
        _visibleAfterSending.Add(Stopwatch.GetElapsedTime(sent, seen));
        _visibleAfterAcknowledgement.Add(seen > acknowledged ? Stopwatch.GetElapsedTime(acknowledged, seen) : TimeSpan.Zero);
        Interlocked.Decrement(ref _underWay);
    }

    /// <summary>Asks a replica until its answer has a value.</summary>
    /// <returns>When that was.</returns>
    private async Task<long> LookAsync(Uri address, string mark, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            var reply = await client.GetStringAsync(address, cancellationToken);
            // The value ends there: 12 is not 1.
            if (reply.Contains(mark + ",", StringComparison.Ordinal))
            {
                return Stopwatch.GetTimestamp();
            }

            if (Stopwatch.GetElapsedTime(started) > Longest)
            {
                throw new LoadFailedException($"{address} did not show {mark} within {Longest.TotalSeconds} s.");
            }

            await Task.Delay(LookInterval, cancellationToken);
        }
    }

    private string Taken()
    {
        var taken = _lines.ToString();
        _lines.Clear();
        return taken;
    }

    private static Uri Address(Uri replica, long entity) => new(replica, $"/features/{RowGenerator.Id(entity)}?view=default");
}
