using System.Collections.Concurrent;
using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Declared;

/// <summary>Registries change while the store is read and written.</summary>
public sealed class ChangeWhileServingTests(SqliteStack shared) : IClassFixture<SqliteStack>
{
    private const int Readers = 32;
    private const int Writers = 8;
    private const int Changes = 12;

    private FeatureStack Stack => shared.Stack;

    [Fact]
    public async Task No_request_fails_and_nobody_sees_half_a_registry()
    {
        await Stack.Declare(Registry(0));
        await Stack.Ingest.Patch("/features/e?view=a", """{"x":1,"y":1}""");
        await Stack.Ingest.Patch("/features/e?view=b", """{"x":1,"y":1}""");

        using var done = new CancellationTokenSource();
        var failures = new ConcurrentQueue<string>();
        var (reads, writes) = (0, 0);
        var readers = Enumerable.Range(0, Readers).Select(_ => Task.Run(async () =>
        {
            for (; !done.IsCancellationRequested; Interlocked.Increment(ref reads))
            {
                // Both views and the service change together: y is declared in both or in neither, and is asked for with them.
                var reply = await Stack.Api.Read("/features/e?service=s");
                if (reply.Status != HttpStatusCode.OK || reply.Features is not ("""{"a__x":1,"b__x":1}""" or """{"a__x":1,"a__y":1,"b__x":1,"b__y":1}"""))
                {
                    failures.Enqueue(reply.Body);
                }
            }
        })).ToList();
        var writers = Enumerable.Range(0, Writers).Select(i => Task.Run(async () =>
        {
            for (; !done.IsCancellationRequested; Interlocked.Increment(ref writes))
            {
                var reply = await Stack.Ingest.Patch($"/features/w{i}?view={(i % 2 == 0 ? "a" : "b")}", """{"x":1}""");
                if (reply.Status != HttpStatusCode.OK)
                {
                    failures.Enqueue(reply.Body);
                }
            }
        })).ToList();

        for (var change = 1; change <= Changes; change++)
        {
            await Stack.Declare(Registry(change));
        }

        await done.CancelAsync();
        await Task.WhenAll([.. readers, .. writers]);
        Assert.Empty(failures);
        Assert.True(reads > Readers && writes > Writers, $"{reads} reads and {writes} writes went on meanwhile");
    }

    /// <summary>With y or without, by turns.</summary>
    private static string Registry(int change)
    {
        var hasY = change % 2 == 0;
        var features = hasY ? """{"x":"int64","y":"int64"}""" : """{"x":"int64"}""";
        var service = hasY ? """["a:x","a:y","b:x","b:y"]""" : """["a:x","b:x"]""";
        return $$$$"""{"entities":{"e":{"keys":{"id":"string"}}},"views":{"a":{"entity":"e","features":{{{{features}}}}},"b":{"entity":"e","features":{{{{features}}}}}},"services":{"s":{{{{service}}}}}}""";
    }
}
