using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Runs;
using FeatureStore.DaprConformance.Sidecars;

namespace FeatureStore.DaprConformance;

public abstract class ConformanceTests
{
    protected static async Task AgreesAsync(string file, Func<Fixture, CancellationToken, Task<FixtureReport>> run)
    {
        var external = ExternalSidecar.FromEnvironment() is not null;
        if (external && ExternalSidecar.Fixture != file)
        {
            Assert.Skip($"The sidecar that the environment names is set up for {ExternalSidecar.Fixture ?? "nothing: FIXTURE says for what"}.");
        }

        var report = await run(Fixture.Load(file), TestContext.Current.CancellationToken);
        Console.WriteLine(report);
        Assert.True(report.Agrees, $"{file} differs from what was recorded: see the printout.");
        Assert.Empty(report.Forgotten);
        if (!external && SidecarProcess.IsDevSidecar)
        {
            // A detail that nothing needs any more would hide the next difference.
            Assert.Empty(report.Unused);
        }
    }

    /// <summary>For what needs sidecars of its own, several or started anew.</summary>
    protected static Task OwnSidecarsAgreeAsync(string file, Func<Fixture, CancellationToken, Task<FixtureReport>> run)
    {
        if (ExternalSidecar.FromEnvironment() is not null)
        {
            Assert.Skip("Every step needs a sidecar of its own, which this run may not start: all are outside.");
        }

        return AgreesAsync(file, run);
    }
}

public sealed class StateConformance : ConformanceTests
{
    [Theory]
    [InlineData("state-redis")]
    [InlineData("state-sqlite")]
    [InlineData("state-in-memory")]
    public Task State(string file) => AgreesAsync(file, StateRun.RunAsync);
}

public sealed class RedisPubSubConformance : ConformanceTests
{
    [Fact]
    public Task PubSub() => AgreesAsync("pubsub-redis", PubSubRun.RunAsync);
}

public sealed class InMemoryPubSubConformance : ConformanceTests
{
    [Fact]
    public Task PubSub() => AgreesAsync("pubsub-in-memory", PubSubRun.RunAsync);
}

public sealed class InvokeConformance : ConformanceTests
{
    [Fact]
    public Task Invoke() => OwnSidecarsAgreeAsync("invoke", InvokeRun.RunAsync);
}

public sealed class RuntimeConformance : ConformanceTests
{
    [Fact]
    public Task Runtime() => OwnSidecarsAgreeAsync("runtime", RuntimeRun.RunAsync);
}
