using FeatureStore.DaprConformance.App;
using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.Harness;

namespace FeatureStore.DaprConformance.Runs;

/// <summary>Replays bulk publishes of which Redis takes some entries only: what becomes of the others, and what the publisher is told.</summary>
public static class PartialFailureRun
{
    private const string Stored = "messages_in_the_stream";

    public static async Task RunAsync(Fixture fixture, RedisServer redis, FixtureReport report, CancellationToken cancellationToken)
    {
        await using var phase = await PubSubPhase.StartAsync(fixture, redis, [$"{fixture.Name}-plain"], AppReply.Json("[]"), 0);

        // As the note of the first step says: a value over 1 MB is refused, and the connection closed.
        await phase.Streams!.Database.ExecuteAsync("CONFIG", "SET", "proto-max-bulk-len", "1mb");
        foreach (var step in fixture.Steps.Where(s => fixture.Included.Contains(s) && s.Name.EndsWith("bulk publish: partial failure", StringComparison.Ordinal)))
        {
            var of = await phase.Replay.CallAsync(step, cancellationToken);
            var expected = step.Find(Stored)!.Value.GetInt32();
            await Watch.UntilAsync(async () => await phase.Streams.Database.StreamLengthAsync("t") >= expected, cancellationToken);
            var now = (int)await phase.Streams.Database.StreamLengthAsync("t");
            of.Number(Stored, expected, now);
            report.Add(step, of);
        }

        await phase.Streams.Database.ExecuteAsync("CONFIG", "SET", "proto-max-bulk-len", "512mb");
    }
}
