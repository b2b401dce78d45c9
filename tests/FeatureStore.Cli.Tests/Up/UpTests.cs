using System.Net;
using System.Net.Sockets;
using System.Text.RegularExpressions;
using static FeatureStore.Cli.Tests.Up.RunningStore;

namespace FeatureStore.Cli.Tests.Up;

/// <summary><c>up</c>: the whole store from one command, over real ports and processes.</summary>
public sealed partial class UpTests
{
    [Fact]
    public async Task WhatIsIngestedIsReadAndIsThereAfterARestart()
    {
        using var data = new TemporaryFolder();
        string before;
        await using (var up = CommandProcess.Start(["up", "--data", data.Path, .. FreePorts]))
        {
            var (api, ingest) = await ServedAsync(up);
            var ingested = await CommandProcess.RunAsync(
                "ingest", Repository("samples/nyc-flights/weather.csv"), "--view", "airport_weather", "--id", "origin",
                "--time", "time_hour", "--rebase", "now", "--patience", "30s", "--endpoint", ingest);
            Assert.True(ingested.Exit == 0, ingested.Error + up.Error);
            Assert.Contains("4,236 rows read", ingested.Out, StringComparison.Ordinal);
            Assert.Matches("(?m)^  applied +4,236$", ingested.Out);

            var read = await CommandProcess.RunAsync("get", "EWR", "--view", "airport_weather", "--json", "--endpoint", api);
            Assert.True(read.Exit == 0, read.Error);
            Assert.Contains("\"temp\":37.94", read.Out, StringComparison.Ordinal);
            before = read.Out;
            await EndsAsync(up, InterruptOr("TERM"));
        }

        await using (var again = CommandProcess.Start(["up", "--data", data.Path, .. FreePorts]))
        {
            var (api, ingest) = await ServedAsync(again);
            var read = await CommandProcess.RunAsync("get", "EWR", "--view", "airport_weather", "--json", "--endpoint", api);
            Assert.Equal(before, read.Out);

            var deleted = await CommandProcess.RunAsync("delete", "EWR", "--view", "airport_weather", "--yes", "--endpoint", ingest);
            Assert.True(deleted.Exit == 0, deleted.Error);
            var gone = await CommandProcess.RunAsync("get", "EWR", "JFK", "--view", "airport_weather", "--endpoint", api);
            Assert.Equal(1, gone.Exit);
            Assert.Equal("EWR: nothing is found in view airport_weather.\n", gone.Error);
            Assert.StartsWith("JFK\n", gone.Out, StringComparison.Ordinal);
            await EndsAsync(again, "TERM");
        }
    }

    [Fact]
    public async Task TheLinesThatItPrintsWorkWhenTheyArePasted()
    {
        using var data = new TemporaryFolder();
        await using var up = CommandProcess.Start(["up", "--data", data.Path, .. FreePorts]);
        var (api, ingest) = await ServedAsync(up);
        Assert.Contains($"Write:  curl -X PATCH {ingest}/features/123 -H 'Content-Type: application/json' -d '", up.Out, StringComparison.Ordinal);
        Assert.Contains($"Read:   curl {api}/features/123\n", up.Out, StringComparison.Ordinal);
        Assert.Contains("In production run daprd", up.Out, StringComparison.Ordinal);

        using var http = new HttpClient();
        var row = CurlBody().Match(up.Out).Groups[1].Value;
        using var written = await http.PatchAsync(
            $"{ingest}/features/123", new StringContent(row, null, "application/json"), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, written.StatusCode);
        var read = await http.GetStringAsync($"{api}/features/123", TestContext.Current.CancellationToken);
        Assert.Contains("\"user_age\":\"42\"", read, StringComparison.Ordinal);
        await EndsAsync(up, "TERM");
    }

    [Fact]
    public async Task EachBusyPortIsNamedWithTheOptionThatChangesIt()
    {
        using var data = new TemporaryFolder();
        using var one = new TcpListener(IPAddress.Loopback, 0);
        using var other = new TcpListener(IPAddress.Loopback, 0);
        one.Start();
        other.Start();
        string[] ports = [.. FreePorts];
        ports[3] = $"{PortOf(one)}";
        ports[5] = $"{PortOf(other)}";
        var run = await CommandLine.RunAsync(["up", "--data", data.Path, .. ports]);
        Assert.Equal(1, run.Exit);
        Assert.Contains($"Port {PortOf(one)} (feature-ingest) is in use by another program. Stop that one, or choose another port with --ingest-port.", run.Error, StringComparison.Ordinal);
        Assert.Contains($"Port {PortOf(other)} (feature-api's sidecar, HTTP) is in use by another program. Stop that one, or choose another port with --api-sidecar-port.", run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--api-port and --ingest-port are both 8080", "--api-port", "8080", "--ingest-port", "8080")]
    [InlineData("--api-port: 70000 is no port", "--api-port", "70000")]
    [InlineData("--components: there is no folder", "--components", "no-such-folder")]
    [InlineData("--components: there is no .yaml file", "--components", "/")]
    public async Task OptionsThatDoNotFitAreRefused(string message, params string[] args)
    {
        var run = await CommandLine.RunAsync(["up", .. args]);
        Assert.Equal(2, run.Exit);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnUnknownComponentTypeIsNamed()
    {
        using var folder = new TemporaryFolder();
        folder.Write("state.yaml", """
            apiVersion: dapr.io/v1alpha1
            kind: Component
            metadata:
              name: statestore
            spec:
              type: state.unheardof
              version: v1
            """);
        await using var up = CommandProcess.Start(["up", "--data", folder.Path, "--components", folder.Path, .. FreePorts]);
        Assert.Equal(1, await up.ExitAsync());
        Assert.Contains("state.unheardof", up.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", up.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RedisThatIsAwayIsNamed()
    {
        using var folder = new TemporaryFolder();
        await using var up = CommandProcess.Start(
            ["up", "--data", folder.Path, "--components", Repository("components"), .. FreePorts], ("REDIS_HOST", "127.0.0.1:1"));
        Assert.Equal(1, await up.ExitAsync());
        Assert.Contains("127.0.0.1:1", up.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", up.Error, StringComparison.Ordinal);
    }

    private static async Task EndsAsync(CommandProcess up, string signal)
    {
        await up.SignalAsync(signal);
        var exit = await up.ExitAsync();
        Assert.True(exit == 0, up.Error);
        Assert.Contains("Stopping: the services finish what they have", up.Error, StringComparison.Ordinal);
        Assert.Contains("Stopped. The data stays in ", up.Error, StringComparison.Ordinal);
    }

    /// <summary>A shell without job control has its background jobs ignore SIGINT, and so their children.</summary>
    private static string InterruptOr(string signal)
    {
        const ulong interrupt = 1 << 1;
        var ignored = File.ReadLines("/proc/self/status").FirstOrDefault(line => line.StartsWith("SigIgn:", StringComparison.Ordinal));
        return ignored is not null && (Convert.ToUInt64(ignored[7..].Trim(), 16) & interrupt) != 0 ? signal : "INT";
    }

    private static int PortOf(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;

    private static string Repository(string path) => Path.Combine(RepositoryRoot.Path, path);

    [GeneratedRegex("-d '([^']+)'")]
    private static partial Regex CurlBody();
}
