using Microsoft.AspNetCore.Http;

namespace FeatureStore.Cli.Tests.Registry;

/// <summary><c>apply</c> and its like, when a service answers what it seldom does.</summary>
public sealed class ApplyAnswersTests : IDisposable
{
    private const string Nothing = """{"version":0,"entities":{},"views":{},"services":{}}""";

    private readonly TemporaryFolder _folder = new();

    public ApplyAnswersTests() => File = _folder.Write("a.yaml", "entities:\n  a: { keys: { x: string } }\nviews:\n  v: { entity: a, features: { f: int64 } }");

    private string File { get; }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task WhatTheServiceFindsIsToldAtItsPlace()
    {
        var (run, calls) = await ApplyAsync((context, call) => call == "GET"
            ? StandInService.JsonAsync(context, 200, Nothing)
            : StandInService.JsonAsync(context, 422, """
                {"type":"urn:featurestore:invalid","title":"The registry has faults.","status":422,"errors":[
                 {"detail":"No int64.","member":"/views/v/features/f/type"},{"detail":"No such view.","member":"/views/gone"},{"detail":"And \u001b[31mmore."}]}
                """));
        Assert.Equal(1, run.Exit);
        Assert.Equal($"{File}:4:31: No int64.\n/views/gone: No such view.\nAnd \\u001b[31mmore.\nNothing was applied.\n", run.Error);
        Assert.Equal(["GET /registry", "PUT /registry"], calls);
    }

    [Fact]
    public async Task AProblemIsToldAsItIs()
    {
        var (run, _) = await ApplyAsync((context, _) => StandInService.JsonAsync(context, 503, """{"title":"The store is away.","status":503}"""));
        Assert.Equal((1, "feature-ingest: The store is away. (503)\n"), (run.Exit, run.Error));
    }

    [Theory]
    [InlineData(404, """{"title":"Not found","status":404}""", "knows no registry: it is older than this command.")]
    [InlineData(200, """{"version":3,"entities":{},"views":{"v":{"entity":"a","shape":"round"}},"services":{}}""", "Registry version 3 cannot be read by this command, which is perhaps older than feature-ingest: /views/v")]
    [InlineData(200, "[]", "does not answer as feature-ingest does. Check --endpoint.")]
    [InlineData(200, """{"version":"x"}""", "does not answer as feature-ingest does. Check --endpoint.")]
    public async Task WhatIsNoRegistryIsNamed(int status, string answer, string expected)
    {
        var (run, calls) = await ApplyAsync((context, _) => StandInService.JsonAsync(context, status, answer));
        Assert.Equal(1, run.Exit);
        Assert.Contains(expected, run.Error, StringComparison.Ordinal);
        Assert.Equal(["GET /registry"], calls);
    }

    private async Task<(CommandLine Run, string[] Calls)> ApplyAsync(Func<HttpContext, string, Task> answer)
    {
        await using var service = await StandInService.StartAsync((context, _, _) => answer(context, context.Request.Method), leavesRegistryToTest: true);
        var run = await CommandLine.RunAsync(["apply", _folder.Path, "--yes", "--endpoint", service.Address]);
        return (run, [.. service.Calls.Select(call => $"{call.Method} {call.Target}")]);
    }
}
