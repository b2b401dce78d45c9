using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Client.Tests.Training;

/// <summary>Training sets when things go wrong: what is repeated, and what is let go of.</summary>
public sealed class TrainingSetFaultTests
{
    private const string Running = """{"id":"j1","status":"running","progress":0.5}""";
    private const string Data = "t,a\nx,1\n";

    private static readonly string Done =
        $$"""{"id":"j1","status":"done","progress":1,"events":1,"bytes":{{Data.Length}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Data)))}}","features":[{"feature":"v:a","column":"a","matched":1}]}""";

    private static readonly TrainingSetSpec Spec = new() { TimeColumn = "t", Features = ["v:a"] };

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Asking_and_fetching_are_repeated()
    {
        await using var service = await StandInService.StartAsync(async (context, n) =>
        {
            switch (n)
            {
                case 1:
                    await StandInService.JsonAsync(context, 202, Running);
                    break;
                case 2:
                    await StandInService.AwayAsync(context);
                    break;
                case 3:
                    await StandInService.JsonAsync(context, 200, Done);
                    break;
                case 4:
                    context.Response.ContentLength = Data.Length;
                    await context.Response.WriteAsync(Data[..3]);
                    await context.Response.Body.FlushAsync();
                    context.Abort();
                    break;
                default:
                    await context.Response.WriteAsync(context.Request.Method == "GET" ? Data : "");
                    break;
            }
        });
        using var store = service.Client();
        var told = new List<double>();
        await using (var set = await store.TrainingSets.CreateAsync(Spec with { EventsFormat = TrainingSetFormat.Parquet }, Events(), new Told(told), Cancel))
        {
            var folder = Directory.CreateTempSubdirectory("featurestore-");
            await set.DownloadAsync(Path.Combine(folder.FullName, "set"), Cancel);
            Assert.Equal(Data, await File.ReadAllTextAsync(Path.Combine(folder.FullName, "set"), Cancel));
            folder.Delete(recursive: true);
        }

        Assert.Equal([0.5, 1], told);
        Assert.Equal(
            [
                "POST /training-sets?time=t&feature=v%3Aa&format=parquet", "GET /training-sets/j1", "GET /training-sets/j1",
                "GET /training-sets/j1/data", "GET /training-sets/j1/data", "DELETE /training-sets/j1",
            ],
            service.Calls.Select(call => $"{call.Method} {call.Target}"));
        Assert.Equal(("t\nx\n", "application/vnd.apache.parquet"), (service.Calls.First().Body, service.Calls.First().Headers["Content-Type"]));
    }

    [Fact]
    public async Task Events_are_sent_once()
    {
        await using var service = await StandInService.StartAsync((context, _) => StandInService.ProblemAsync(context, 429, "urn:featurestore:too-many-requests", "Too many wait."));
        using var store = service.Client();
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => store.TrainingSets.CreateAsync(Spec, Events(), cancellationToken: Cancel));
        Assert.Contains("Too many wait.", e.Message, StringComparison.Ordinal);
        Assert.Single(service.Calls);

        using var away = new FeatureStoreClient(new FeatureStoreOptions { HistoryAddress = new Uri("http://127.0.0.1:1"), RetryDelay = TimeSpan.FromMilliseconds(1) });
        e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => away.TrainingSets.CreateAsync(Spec, Events(), cancellationToken: Cancel));
        Assert.Contains("feature-history cannot be reached at http://127.0.0.1:1: connection refused.", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_set_that_a_restart_lost_may_be_made_again()
    {
        await using var service = await StandInService.StartAsync((context, n) => n == 1
            ? StandInService.JsonAsync(context, 202, Running)
            : StandInService.ProblemAsync(context, 404, "urn:featurestore:not-found", "There is no such training set."));
        using var store = service.Client();
        var e = await Assert.ThrowsAsync<FeatureStoreUnavailableException>(() => store.TrainingSets.CreateAsync(Spec, Events(), cancellationToken: Cancel));
        Assert.Contains("Making it again is safe", e.Message, StringComparison.Ordinal);
        Assert.False(e.MayHaveBeenProcessed);
    }

    [Fact]
    public async Task Cancellation_has_the_service_stop_it()
    {
        using var stop = new CancellationTokenSource();
        await using var service = await StandInService.StartAsync(async (context, n) =>
        {
            await StandInService.JsonAsync(context, n == 1 ? 202 : 200, Running);
            if (n == 3)
            {
                await stop.CancelAsync();
            }
        });
        using var store = service.Client();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => store.TrainingSets.CreateAsync(Spec, Events(), cancellationToken: stop.Token));
        Assert.Equal("DELETE /training-sets/j1", $"{service.Calls.Last().Method} {service.Calls.Last().Target}");
    }

    [Fact]
    public async Task What_is_not_what_was_made_is_not_kept_and_what_cannot_be_written_is_said_as_it_is()
    {
        await using var service = await StandInService.StartAsync((context, n) =>
            n == 1 ? StandInService.JsonAsync(context, 202, Done) : context.Response.WriteAsync(context.Request.Method == "GET" ? "t,a\nx,2\n" : ""));
        using var store = service.Client();
        await using var set = await store.TrainingSets.CreateAsync(Spec, Events(), cancellationToken: Cancel);
        var folder = Directory.CreateTempSubdirectory("featurestore-");
        var e = await Assert.ThrowsAsync<FeatureStoreException>(() => set.DownloadAsync(Path.Combine(folder.FullName, "set"), Cancel));
        Assert.Contains("What came is not the training set", e.Message, StringComparison.Ordinal);
        Assert.Empty(folder.GetFiles());
        folder.Delete();

        var fetched = service.Calls.Count;
        await Assert.ThrowsAsync<IOException>(() => set.DownloadAsync(new FullDisk(), Cancel));
        Assert.Equal(fetched + 1, service.Calls.Count);
    }

    private static MemoryStream Events() => new("t\nx\n"u8.ToArray());

    private sealed class Told(List<double> told) : IProgress<double>
    {
        public void Report(double value) => told.Add(value);
    }

    private sealed class FullDisk : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => throw new IOException("The disk is full.");
    }
}
