using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace FeatureStore.Cli.Tests.Training;

/// <summary><c>training-set</c> against a feature-history that answers as a test says: what it does when things go wrong.</summary>
public sealed class TrainingSetFaultTests : IDisposable
{
    private const string Running = """{"id":"j1","status":"running","progress":0.5}""";
    private const string Data = "t,a\nx,1\n";

    private static readonly string Done =
        $$"""{"id":"j1","status":"done","progress":1,"events":1,"bytes":{{Data.Length}},"sha256":"{{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Data)))}}","features":[{"feature":"v:a","column":"a","matched":1}]}""";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task TheSetIsAskedForMadeFetchedAndLetGoOf()
    {
        await using var service = await StandInService.StartAsync((context, _, n) => n switch
        {
            1 => StandInService.JsonAsync(context, 202, """{"id":"j1","status":"queued","progress":0}"""),
            2 => StandInService.JsonAsync(context, 200, Running),
            // Away for a moment.
            3 => StandInService.JsonAsync(context, 503, """{"title":"Away","status":503}"""),
            4 => StandInService.JsonAsync(context, 200, Done),
            5 => context.Response.WriteAsync(Data),
            _ => StandInService.JsonAsync(context, 204, ""),
        });
        var run = await RunAsync(service, "--id", "origin=from", "--id", "tailnum", "--lag", "v=15m", "--as-of-created", "--service", "m");
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(
            [
                "POST /training-sets?time=t&format=csv&service=m&feature=v%3Aa&id=origin%3Dfrom&id=tailnum&lag=v%3D15m&as_of=created text/csv",
                "GET /training-sets/j1 ", "GET /training-sets/j1 ", "GET /training-sets/j1 ", "GET /training-sets/j1/data ", "DELETE /training-sets/j1 ",
            ],
            service.Calls.Select(call => $"{call.Method} {call.Target} {call.ContentType}"));
        Assert.Equal(["t", "x"], service.Requests.First());
        Assert.Equal(Data, File.ReadAllText(Target));
    }

    [Fact]
    public async Task OnATerminalABarShowsHowFarItIs()
    {
        await using var service = await StandInService.StartAsync(async (context, _, n) =>
        {
            // Long enough for the bar to be drawn.
            await Task.Delay(n == 2 ? 500 : 0);
            await (n switch
            {
                1 => StandInService.JsonAsync(context, 202, Running),
                2 => StandInService.JsonAsync(context, 200, Done),
                3 => context.Response.WriteAsync(Data),
                _ => StandInService.JsonAsync(context, 204, ""),
            });
        });
        var run = await CommandLine.RunAsync([.. Arguments(), "--endpoint", service.Address], terminal: true);
        Assert.Equal(0, run.Exit);
        Assert.Contains("50%", run.Error, StringComparison.Ordinal);
        Assert.Contains("making the set", run.Error, StringComparison.Ordinal);
        Assert.StartsWith("1 event with 1 feature in ", run.Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatFailsIsToldWithAllErrorsAndLetGoOf()
    {
        await using var service = await StandInService.StartAsync((context, _, n) => StandInService.JsonAsync(
            context, n == 1 ? 202 : n == 2 ? 200 : 204, """{"id":"j1","status":"failed","progress":0,"errors":["There is no view 'v'.","And another fault."]}"""));
        var run = await RunAsync(service);
        Assert.Equal((1, "", "The training set cannot be made:\n  - There is no view 'v'.\n  - And another fault.\n"), (run.Exit, run.Out, run.Error));
        Assert.Equal("DELETE", service.Calls.Last().Method);
        Assert.False(File.Exists(Target));
    }

    [Fact]
    public async Task ASetThatARestartLostIsToldSo()
    {
        await using var service = await StandInService.StartAsync((context, _, n) => n == 1
            ? StandInService.JsonAsync(context, 202, Running)
            : StandInService.JsonAsync(context, 404, """{"type":"urn:featurestore:not-found","title":"There is no such training set.","status":404}"""));
        var run = await RunAsync(service);
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Equal($"The training set is lost: feature-history at {service.Address} was restarted while it was made. Nothing was written. Running the same command again is safe.\n", run.Error);
    }

    [Theory]
    [InlineData("t,a\nx,2\n")]
    [InlineData("t,a\n")]
    public async Task WhatIsNotWhatWasMadeIsNotWritten(string came)
    {
        await using var service = await StandInService.StartAsync((context, _, n) => n switch
        {
            1 => StandInService.JsonAsync(context, 202, Done),
            2 => context.Response.WriteAsync(came),
            _ => StandInService.JsonAsync(context, 204, ""),
        });
        _folder.Write("set.csv", "what was there before");
        var run = await RunAsync(service);
        Assert.Equal((1, ""), (run.Exit, run.Out));
        Assert.Contains("What came is not the training set that was made", run.Error, StringComparison.Ordinal);
        Assert.Equal("DELETE /training-sets/j1", $"{service.Calls.Last().Method} {service.Calls.Last().Target}");
        Assert.Equal("what was there before", File.ReadAllText(Target));
        Assert.Equal(["events.csv", "set.csv"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task AConnectionThatIsCutIsFetchedAnew()
    {
        await using var service = await StandInService.StartAsync(async (context, _, n) =>
        {
            if (n == 2)
            {
                context.Response.ContentLength = Data.Length;
                await context.Response.WriteAsync(Data[..3]);
                await context.Response.Body.FlushAsync();
                context.Abort();
                return;
            }

            await (n == 3 ? context.Response.WriteAsync(Data) : StandInService.JsonAsync(context, n == 1 ? 202 : 204, n == 1 ? Done : ""));
        });
        var run = await RunAsync(service);
        Assert.True(run.Exit == 0, run.Error);
        Assert.Equal(Data, File.ReadAllText(Target));
    }

    [Fact]
    public async Task CtrlCLetsGoOfTheSet()
    {
        using var stop = new CancellationTokenSource();
        await using var service = await StandInService.StartAsync(async (context, _, n) =>
        {
            await StandInService.JsonAsync(context, n == 1 ? 202 : context.Request.Method == "DELETE" ? 204 : 200, context.Request.Method == "DELETE" ? "" : Running);
            if (n == 3)
            {
                await stop.CancelAsync();
            }
        });
        var run = await RunAsync(service, stop.Token);
        Assert.Equal((1, "", "Stopped.\n"), (run.Exit, run.Out, run.Error));
        Assert.Equal("DELETE /training-sets/j1", $"{service.Calls.Last().Method} {service.Calls.Last().Target}");
        Assert.Equal(["events.csv"], Directory.GetFiles(_folder.Path).Select(Path.GetFileName));
    }

    [Fact]
    public async Task AServiceThatStaysAwayIsGivenUp()
    {
        await using var service = await StandInService.StartAsync((context, _, n) =>
            StandInService.JsonAsync(context, n == 1 ? 202 : 503, n == 1 ? Running : """{"title":"Away","status":503}"""));
        var run = await RunAsync(service, "--patience", "300ms");
        Assert.Equal(1, run.Exit);
        Assert.Contains($"Gave up on feature-history at {service.Address} after 0.3 s: it answers 503.", run.Error, StringComparison.Ordinal);
        Assert.Contains("Running the same command again is safe.", run.Error, StringComparison.Ordinal);
        Assert.Contains("could not be deleted at feature-history", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AServiceThatIsAwayIsNamedAndAProblemIsShownWithAllItsErrors()
    {
        var away = await CommandLine.RunAsync([.. Arguments(), "--endpoint", "http://127.0.0.1:1"]);
        Assert.Equal((1, "feature-history is not reachable at http://127.0.0.1:1 (connection refused). Start it with `featurestore up`, or give --endpoint.\n"), (away.Exit, away.Error));
        var named = await CommandLine.RunAsync(Arguments(), variables: new Dictionary<string, string> { ["FEATURESTORE_HISTORY"] = "http://127.0.0.1:2" });
        Assert.Contains("not reachable at http://127.0.0.1:2", named.Error, StringComparison.Ordinal);

        await using var service = await StandInService.StartAsync((context, _, _) => StandInService.JsonAsync(
            context, 400, """{"title":"The request has faults.","status":400,"detail":"2 faults were found.","errors":[{"detail":"One.","member":"lag"},{"detail":"Other."}]}"""));
        var refused = await RunAsync(service);
        Assert.Equal((1, "feature-history: The request has faults. (400)\n2 faults were found.\n  - lag: One.\n  - Other.\n"), (refused.Exit, refused.Error));
    }

    private string Target => Path.Combine(_folder.Path, "set.csv");

    private string[] Arguments(params string[] args) =>
        ["training-set", "--events", _folder.Write("events.csv", "t\nx\n"), "--out", Target, "--time", "t", "--features", "v:a", .. args];

    private Task<CommandLine> RunAsync(StandInService service, params string[] args) => CommandLine.RunAsync([.. Arguments(args), "--endpoint", service.Address]);

    private Task<CommandLine> RunAsync(StandInService service, CancellationToken stop) => CommandLine.RunAsync([.. Arguments(), "--endpoint", service.Address], stop: stop);
}
