using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using FeatureStore.Harness;
using FeatureStore.SystemTests.Declared;
using Xunit;

namespace FeatureStore.SystemTests.History;

/// <summary>A model trains on exactly what it would have been served.</summary>
public sealed class TrainingEqualsServingTests(HistoryStack shared, ITestOutputHelper output) : IClassFixture<HistoryStack>
{
    private const int Entities = 12;
    private const int Steps = 45;
    private static readonly string[] Features = ["a", "b", "c", "d"];

    private FeatureStack Stack => shared.Stack;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task A_set_cut_as_of_acceptance_says_what_every_read_said(int seed)
    {
        await Stack.Declare(HistoryStack.Registry);
        var reads = new ConcurrentBag<ReadSeen>();
        var rows = new ConcurrentDictionary<(string View, string Entity, string Event, string Created, string What), bool>();
        await Task.WhenAll(Enumerable.Range(0, Entities).Select(i => RunAsync($"s{seed}-{i}", new Random((seed * 1000) + i), reads, rows)));
        foreach (var view in (string[])["lasting", "brief"])
        {
            await shared.Holds(view, rows.Keys.Count(row => row.View == view), $"_entity_id LIKE 's{seed}-%'");
        }

        // Before a read was answered and after: where a value expired in between, either answer is right.
        var events = new StringBuilder("n,id,t\n");
        var order = reads.OrderBy(read => read.From).ToList();
        for (var i = 0; i < order.Count; i++)
        {
            events.Append(CultureInfo.InvariantCulture, $"{i},{order[i].Entity},{order[i].From.Text()}\n{i},{order[i].Entity},{order[i].Until.Text()}\n");
        }

        var accepted = await Stack.History.TrainingSet(events.ToString(), "service=model_v1&time=t&as_of=accepted");
        var compared = 0;
        for (var i = 0; i < order.Count; i++)
        {
            var (before, after) = (Values(accepted.Lines, 1 + (2 * i)), Values(accepted.Lines, 2 + (2 * i)));
            for (var f = 0; f < Features.Length; f++)
            {
                if (before[f] == after[f])
                {
                    compared++;
                    Assert.True(before[f] == order[i].Values[f], $"{order[i].Entity}.{Features[f]} was read at {order[i].From.Text()} as '{order[i].Values[f]}'; the set says '{before[f]}'.");
                }
            }
        }

        // By event time the set differs where a row came later, or was ahead of its time, and nowhere else.
        var byEvent = await Stack.History.TrainingSet(events.ToString(), "service=model_v1&time=t");
        var stamps = await StampsAsync(seed);
        var different = 0;
        for (var line = 1; line < byEvent.Lines.Length; line++)
        {
            if (!Values(byEvent.Lines, line).SequenceEqual(Values(accepted.Lines, line)))
            {
                different++;
                var read = order[(line - 1) / 2];
                var at = Microseconds((line - 1) % 2 == 0 ? read.From : read.Until);
                Assert.Contains(stamps, row => row.Entity == read.Entity && (row.Event <= at) != (row.Accepted <= at));
            }
        }

        output.WriteLine($"{reads.Count} reads, {compared} values compared, {rows.Count} rows; {different} lines differ by event time");
        Assert.True(compared > reads.Count && different > 0);
    }

    private async Task RunAsync(
        string entity, Random random, ConcurrentBag<ReadSeen> reads, ConcurrentDictionary<(string, string, string, string, string), bool> rows)
    {
        (HttpMethod Method, string Target, string? Body)? last = null;
        for (var step = 0; step < Steps; step++)
        {
            var write = last is { } again && random.Next(10) == 0 ? again : Write(entity, random);
            var reply = await Stack.Ingest.Send(write.Method, write.Target, write.Body);
            Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
            var stamp = (reply.Json.GetProperty("event_timestamp").GetString()!, reply.Json.GetProperty("created_timestamp").GetString()!);
            var view = write.Target.Contains("view=brief", StringComparison.Ordinal) ? "brief" : "lasting";
            rows[(view, entity, stamp.Item1, stamp.Item2, write.Method + write.Body + write.Target)] = true;
            // What has no stamps of its own would be another row the second time.
            last = write.Target.Contains("created_timestamp", StringComparison.Ordinal) ? write : last;

            var from = DateTimeOffset.UtcNow;
            var values = await ReadAsync(entity);
            reads.Add(new ReadSeen(entity, from, DateTimeOffset.UtcNow, values));
            await Task.Delay(random.Next(60), TestContext.Current.CancellationToken);
        }
    }

    private static (HttpMethod Method, string Target, string? Body) Write(string entity, Random random)
    {
        var isBrief = random.Next(3) == 0;
        var query = $"view={(isBrief ? "brief" : "lasting")}";
        var now = DateTimeOffset.UtcNow;
        var isStamped = random.Next(4) > 0;
        if (isStamped)
        {
            // Late, in time and early; whole tenths so that stamps meet.
            var at = new DateTimeOffset(now.Ticks / 1_000_000 * 1_000_000, TimeSpan.Zero) + TimeSpan.FromMilliseconds(100 * random.Next(-8, 4));
            query += $"&event_timestamp={at.Text()}";
            if (random.Next(2) == 0)
            {
                query += $"&created_timestamp={(at + TimeSpan.FromMilliseconds(random.Next(2))).Text()}";
            }
        }

        var op = random.Next(10);
        if (op == 0)
        {
            return (HttpMethod.Delete, $"/features/{entity}?{query}", null);
        }

        if (op == 1)
        {
            return (HttpMethod.Delete, $"/features/{entity}?{query}&feature={(isBrief ? "d" : Features[random.Next(3)])}", null);
        }

        if (random.Next(3) == 0)
        {
            query += string.Create(CultureInfo.InvariantCulture, $"&ttl_seconds=0.{random.Next(1, 10)}");
        }

        var features = isBrief
            ? [$"\"d\":{random.Next(100)}"]
            : new[] { $"\"a\":{(random.Next(6) == 0 ? "null" : random.Next(100).ToString(CultureInfo.InvariantCulture))}", $"\"b\":\"w{random.Next(100)}\"", $"\"c\":{random.Next(100)}.{random.Next(1, 10)}" }
                .Where(_ => random.Next(3) > 0).DefaultIfEmpty("\"a\":7");
        return (op < 4 ? HttpMethod.Put : HttpMethod.Patch, $"/features/{entity}?{query}", $"{{{string.Join(',', features)}}}");
    }

    private async Task<string[]> ReadAsync(string entity)
    {
        var reply = await Stack.Api.Read($"/features/{entity}?service=model_v1");
        if (reply.Status == HttpStatusCode.NotFound)
        {
            return ["", "", "", ""];
        }

        Assert.True(reply.Status == HttpStatusCode.OK, reply.Body);
        var features = reply.Json.GetProperty("features");
        return [.. Features.Select(name => features.TryGetProperty(name, out var value) ? value.Plain() : "")];
    }

    private async Task<List<(string Entity, long Event, long Accepted)>> StampsAsync(int seed)
    {
        var stamps = new List<(string, long, long)>();
        foreach (var view in (string[])["lasting", "brief"])
        {
            var rows = await HistoryCalls.Rows(
                shared.Folder, view, "_entity_id, epoch_us(_event_timestamp) AS ev, epoch_us(_accepted_timestamp) AS acc", $"_entity_id LIKE 's{seed}-%'");
            stamps.AddRange(rows.Select(row => ((string)row["_entity_id"]!, (long)row["ev"]!, (long)row["acc"]!)));
        }

        return stamps;
    }

    private static string[] Values(string[][] lines, int line) => lines[line][^Features.Length..];

    private static long Microseconds(DateTimeOffset time) => (time.UtcTicks - DateTime.UnixEpoch.Ticks) / TimeSpan.TicksPerMicrosecond;

    private sealed record ReadSeen(string Entity, DateTimeOffset From, DateTimeOffset Until, string[] Values);
}
