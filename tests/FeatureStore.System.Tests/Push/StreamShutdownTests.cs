using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Push;

/// <summary>A replica that stops lets its streams go with a word, and does not wait for their callers.</summary>
public sealed class StreamShutdownTests
{
    [Fact]
    public async Task Streams_are_told_that_their_replica_stops()
    {
        using var components = new ComponentFolder("components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));
        await using var stack = await FeatureStack.StartAsync(new StackOptions { Components = components.Path });
        await stack.Ingest.Patch("/features/a", """{"f":1}""");
        await using var one = await EventReader.OpenAsync(stack.Api, "/features/a");
        await using var other = await EventReader.OpenAsync(stack.Api, "/features/b");
        Assert.Equal("""{"f":1}""", await one.FeaturesAsync("snapshot"));
        Assert.Equal("{}", await other.FeaturesAsync("snapshot"));

        stack.ApiProcess.Signal("TERM");
        Assert.Equal("shutdown", (await one.EndAsync()).GetProperty("reason").GetString());
        Assert.Equal("shutdown", (await other.EndAsync()).GetProperty("reason").GetString());
        Assert.Equal(0, await stack.ApiProcess.WaitForExitAsync());
    }
}
