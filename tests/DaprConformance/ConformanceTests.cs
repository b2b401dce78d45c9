using FeatureStore.DaprConformance.Recordings;
using FeatureStore.DaprConformance.Reporting;
using FeatureStore.DaprConformance.Runs;
using FeatureStore.DaprConformance.Sidecars;

namespace FeatureStore.DaprConformance;

public abstract class ConformanceTests
{
    protected static async Task AgreesAsync(string file, Func<Fixture, CancellationToken, Task<FixtureReport>> run)
    {
        var fixture = Fixture.Load(file);
        var external = ExternalSidecar.Current;
        if (external?.WhyNot(file) is { } reason)
        {
            var none = new FixtureReport(fixture);
            none.RestNotReplayed(reason);
            RunReport.Add(none);
            Assert.Skip(reason);
        }

        FixtureReport report;
        try
        {
            report = external is null ? await run(fixture, TestContext.Current.CancellationToken) : await AloneAsync(fixture, run);
        }
        catch (ExternalSidecarException exception)
        {
            Assert.Fail(exception.Message);
            throw;
        }

        RunReport.Add(report);
        Assert.True(report.Agrees, $"{file} differs from what was recorded: see the printout.");
        Assert.Empty(report.Forgotten);
        if (external is null && SidecarProcess.IsDevSidecar)
        {
            // A detail that nothing needs any more would hide the next difference.
            Assert.Empty(report.Unused);
        }
    }

    private static async Task<FixtureReport> AloneAsync(Fixture fixture, Func<Fixture, CancellationToken, Task<FixtureReport>> run)
    {
        await ExternalSidecar.OneAtATime.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return await run(fixture, TestContext.Current.CancellationToken);
        }
        finally
        {
            ExternalSidecar.OneAtATime.Release();
        }
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
    public Task Invoke() => AgreesAsync("invoke", InvokeRun.RunAsync);
}

public sealed class RuntimeConformance : ConformanceTests
{
    [Fact]
    public Task Runtime() => AgreesAsync("runtime", RuntimeRun.RunAsync);
}
