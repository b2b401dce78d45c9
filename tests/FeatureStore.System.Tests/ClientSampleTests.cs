using System.Diagnostics;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests;

/// <summary>The sample clients, run as they stand. A language whose toolchain is not there is skipped, and says so.</summary>
public sealed class ClientSampleTests(SqliteStack shared) : IClassFixture<SqliteStack>
{
    private static readonly string[] Read =
    [
        "written: applied",
        "bulk: 3 applied, 0 rejected",
    ];

    [Fact]
    public async Task Python()
    {
        var output = await RunAsync("python3", [Repository.PathOf("samples/clients/python/features.py"), "py/ü"], ".");
        Assert.Equal(
            [.. Read, """read: {"rating": 4.9, "trips": 308}""",
                "query: [4.0, 0] ['PRESENT', 'PRESENT']", "query: [4.1, 1] ['PRESENT', 'PRESENT']", "query: [4.2, 2] ['PRESENT', 'PRESENT']",
                "query: [None, None] ['NOT_FOUND', 'NOT_FOUND']"],
            output);
    }

    [Fact]
    public async Task Go()
    {
        var output = await RunAsync("go", ["run", ".", "go/ü"], "samples/clients/go");
        Assert.Equal(
            [.. Read, "read: rating 4.9, trips 308",
                "query: [4 0] [PRESENT PRESENT]", "query: [4.1 1] [PRESENT PRESENT]", "query: [4.2 2] [PRESENT PRESENT]",
                "query: [null null] [NOT_FOUND NOT_FOUND]"],
            output);
    }

    [Fact]
    public async Task Curl()
    {
        var output = await RunAsync("curl", null, ".");
        Assert.Contains("""{"applied":2,"superseded":0,"rejected":0,"failed":0}""", output);
        Assert.Contains("""{"entity_id":"driver/1001","features":{"rating":4.9,"trips":308}}""", output);
        Assert.Contains(output, line => line.Contains("""{"entity":{"entity_id":"driver/1003"},"values":[3.7,9007199254740993],"statuses":["PRESENT","PRESENT"]}""", StringComparison.Ordinal));
        Assert.Contains("""{"entity_id":"driver/1004","features":{"trips":1}}""", output);
    }

    /// <summary>Runs a program, or with no arguments the script of its name, and returns what it printed.</summary>
    private async Task<string[]> RunAsync(string program, string[]? arguments, string folder)
    {
        var found = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Any(path => File.Exists(Path.Combine(path, program)));
        Assert.SkipUnless(found, $"{program} is not installed.");
        var start = arguments is null
            ? new ProcessStartInfo("bash", [Repository.PathOf($"samples/clients/{program}/features.sh")])
            : new ProcessStartInfo(program, arguments);
        start.WorkingDirectory = Repository.PathOf(folder);
        start.RedirectStandardOutput = start.RedirectStandardError = true;
        start.Environment["FEATURESTORE_API"] = shared.Stack.Api.BaseAddress!.ToString().TrimEnd('/');
        start.Environment["FEATURESTORE_INGEST"] = shared.Stack.Ingest.BaseAddress!.ToString().TrimEnd('/');
        start.Environment["DAPR_HTTP_ENDPOINT"] = shared.Stack.IngestSidecar.BaseAddress!.ToString().TrimEnd('/');
        using var process = Process.Start(start)!;
        var (output, error) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, $"{await output}\n{await error}");
        return (await output).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }
}
