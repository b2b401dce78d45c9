using System.Net;
using FeatureStore.Harness;
using Xunit;

namespace FeatureStore.SystemTests.Feast;

/// <summary>The embedded default, with the registry that the transcripts are of.</summary>
public sealed class FeastStack : SharedStack
{
    /// <summary>The tests of Feast's contract share one store.</summary>
    public const string Collection = "Feast";

    private readonly ComponentFolder _components = new(
        "components/local", ("state.db", "{folder}/state.db"), ("events.db", "{folder}/events.db"));

    /// <summary>Applies the registry, and waits until feature-api serves by it.</summary>
    internal static async Task ApplyAsync(FeatureStack stack)
    {
        var applied = await stack.Ingest.Put("/registry", FeastDefinitions.RegistryJson());
        Assert.True(applied.Status == HttpStatusCode.OK, applied.Body);
        await Wait.UntilAsync(
            async () => (await stack.Api.Read("/registry")).Json.GetProperty("version").GetInt32() == applied.Json.GetProperty("version").GetInt32(),
            "feature-api to serve by the registry");
    }

    protected override Task<StackOptions?> PrepareAsync() => Task.FromResult<StackOptions?>(new StackOptions
    {
        Components = _components.Path,
        Environment = new Dictionary<string, string?>
        {
            // Small, so that one request has to be passed on in several calls.
            ["Sidecar__MaxMessageBytes"] = "65536",
            ["Query__MaxEntities"] = "200",
            ["Feast__MaxWriteBytes"] = "4000000",
        },
    });

    protected override Task BeginAsync() => ApplyAsync(Stack);

    protected override ValueTask CleanAsync()
    {
        _components.Dispose();
        return ValueTask.CompletedTask;
    }
}

[CollectionDefinition(FeastStack.Collection)]
public sealed class FeastStackDefinition : ICollectionFixture<FeastStack>;
