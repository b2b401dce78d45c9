using FeatureStore.Harness;

namespace FeatureStore.Client.Tests;

/// <summary>The sample does what its README shows.</summary>
[Collection(DeclaredStore.Collection)]
public sealed class SampleTests(DeclaredStore declared, RunningStore undeclared)
{
    private static readonly string[] Unset = ["DAPR_HTTP_PORT", "DAPR_HTTP_ENDPOINT", "DAPR_API_TOKEN", "FEATURESTORE_API", "FEATURESTORE_INGEST", "FEATURESTORE_API_KEY"];

    [Fact]
    public async Task It_runs_by_HTTP()
    {
        var (exitCode, output) = await RunAsync(
            ("FEATURESTORE_API", declared.Stack.Api.BaseAddress!.ToString()), ("FEATURESTORE_INGEST", declared.Stack.Ingest.BaseAddress!.ToString()));
        Assert.Equal((0, Expected()), (exitCode, output));
    }

    [Fact]
    public async Task It_runs_through_a_sidecar()
    {
        var (exitCode, output) = await RunAsync(("DAPR_HTTP_PORT", $"{declared.Stack.IngestSidecar.BaseAddress!.Port}"));
        Assert.Equal((0, Expected()), (exitCode, output));
    }

    [Fact]
    public async Task Without_a_registry_it_says_what_to_do()
    {
        var (exitCode, output) = await RunAsync(("DAPR_HTTP_ENDPOINT", undeclared.Stack.ApiSidecar.BaseAddress!.ToString()));
        Assert.Equal(1, exitCode);
        Assert.Contains("There is no feature service 'delay_model_v1': no registry is applied.", output, StringComparison.Ordinal);
        Assert.EndsWith("featurestore apply features/", output, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(params (string Name, string Value)[] variables)
    {
        var environment = Unset.ToDictionary(name => name, name => variables.FirstOrDefault(variable => variable.Name == name).Value as string);
        await using var sample = ChildProcess.StartProgram("samples/clients/csharp", [], environment!);
        return (await sample.WaitForExitAsync(), sample.Output);
    }

    /// <summary>The output that the README shows.</summary>
    private static string Expected() =>
        File.ReadAllText(Repository.PathOf("samples/clients/csharp/README.md")).Split("```\n")[2].Trim();
}
